"""Sources of all kinds, drawn at random with known labels: each is understood as it is meant, or refused in a line."""

import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets_tests.contract_inputs import content, folder, imported, picture, zip_bytes
from hypothesis import given, settings, strategies as st

from datasets import SourceError, Split

PICTURES, OTHERS = range(24), range(40, 60)
CLASSES = ("spiral", "Edge-on", "smooth round", "S0-", "1", "merging", "Sb", "SB", "irrégulière", "images of rings")
SPLITS = {
    Split.TRAIN: ("train", "Training", "01_train", "training_set", "TRAIN", "seg_train/seg_train", "train_images"),
    Split.VALIDATION: ("val", "valid", "Validation", "dev", "val_set", "eval"),
    Split.TEST: ("test", "Testing", "02_test", "test_set", "seg_test/seg_test", "test_images"),
}
WRAPPING = ("", "data/", "galaxies v2/", "a/b/", "test/", "images/", "archive/data/")
LITTER = (
    "README.md",
    ".DS_Store",
    "__MACOSX/._x",
    "train.py",
    "models/best.h5",
    "docs/paper.pdf",
    "notes.txt",
    "empty/",
)
BESIDE = (
    "sample_images/{n}.png",
    "samples/{n}.png",
    "{n}.png",
    "pred/pred/{n}.png",
    "extra/{c}/{n}.png",
    "all/{n}.png",
)
SEPARATORS = (",", ";", "\t", "|")
IMAGE_COLUMNS = ("path", "filename", "image", "file_loc", "image_id", "id", "asset_id", "GalaxyID", "img")
LABEL_COLUMNS = ("label", "class", "target", "morphology", "Class", "category", "shape")
MORE_COLUMNS = ("ra", "z", "petroMag_r", "comment", "id", "weight", "split", "label2")
PATHS = (
    "{folder}{n}.png",
    "{n}.png",
    "{n}",
    "C:\\you\\{folder}{n}.png",
    "/home/you/{folder}{n}.png",
    "./{folder}{n}.png",
    "{n}.PNG",
)
few = settings(max_examples=25, derandomize=True, deadline=None)


@dataclass
class Drawn:
    """A source: content by name, and the class and split of each picture."""

    files: dict[str, int | str | bytes] = field(default_factory=dict)
    truth: dict[int, tuple[str, Split]] = field(default_factory=dict)


@st.composite
def class_folders(draw: st.DrawFn) -> Drawn:
    drawn, wrapping = Drawn(), draw(st.sampled_from(WRAPPING))
    names = draw(st.lists(st.sampled_from(CLASSES), min_size=2, max_size=4, unique=True))
    layout = draw(st.sampled_from(["classes", "splits above", "splits below"]))
    kept = [Split.TRAIN, *draw(st.sets(st.sampled_from([Split.VALIDATION, Split.TEST]), min_size=1))]
    spelled = {split: draw(st.sampled_from(SPLITS[split])) for split in kept}
    unlabelled = draw(st.booleans()) and Split.TEST in kept
    for number in draw(st.sets(st.sampled_from(PICTURES), min_size=6, max_size=12)):
        name = names[number % len(names)]
        split = Split.TRAIN if layout == "classes" else kept[number // len(names) % len(kept)]
        base = {"classes": name, "splits above": f"{spelled[split]}/{name}", "splits below": f"{name}/{spelled[split]}"}
        if layout == "splits above" and split is Split.TEST and unlabelled:
            drawn.files[f"{wrapping}{spelled[split]}/{number}.png"] = number
        else:
            drawn.files[f"{wrapping}{base[layout]}/{number}.png"] = number
            drawn.truth[number] = (name, split)
    if layout == "splits above" and len({file.removeprefix(wrapping).split("/")[0] for file in drawn.files}) == 1:
        drawn.truth = {number: (name, Split.TRAIN) for number, (name, _) in drawn.truth.items()}  # a wrapping folder
    for name in draw(st.sets(st.sampled_from(LITTER), max_size=3)):
        drawn.files[draw(st.sampled_from(["", wrapping])) + name] = "" if name.endswith("/") else "x"
    for number, pattern in enumerate(draw(st.lists(st.sampled_from(BESIDE), max_size=2, unique=True))):
        other = draw(st.sampled_from([*OTHERS, *drawn.truth]))  # another picture, or one of them once more
        drawn.files[wrapping + pattern.format(n=other, c=names[number % 2])] = other
    return drawn


@st.composite
def table(draw: st.DrawFn) -> Drawn:
    drawn, wrapping = Drawn(), draw(st.sampled_from(WRAPPING[:4]))
    names = draw(st.lists(st.sampled_from(CLASSES), min_size=2, max_size=4, unique=True))
    folders = draw(
        st.lists(st.sampled_from(["images/", "", "train/", "part_1/", "images/jpg/"]), min_size=1, max_size=2)
    )
    path, separator = draw(st.sampled_from(PATHS)), draw(st.sampled_from(SEPARATORS))
    header = [draw(st.sampled_from(IMAGE_COLUMNS)), draw(st.sampled_from(LABEL_COLUMNS))]
    more = draw(st.lists(st.sampled_from(MORE_COLUMNS), max_size=3))
    values = ("0.5", "x y", "7", "", "smooth", "train")
    rows = []
    for number in draw(st.sets(st.sampled_from(PICTURES), min_size=6, max_size=12)):
        place, name = folders[number % len(folders)], names[number % len(names)]
        drawn.files[f"{wrapping}{place}{number}.png"] = number
        row = [path.format(folder=place, n=number), name, *(draw(st.sampled_from(values)) for _ in more)]
        if draw(st.integers(0, 9)):
            drawn.truth[number] = (name, Split.TRAIN)
        else:
            row[1] = ""
        rows.append(row)
    order = draw(st.permutations(range(2 + len(more))))
    lines = [separator.join(row[place] for place in order) for row in ([*header, *more], *rows)]
    text = draw(st.sampled_from(["\n", "\r\n"])).join([*lines, ""])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]))
    suffix = {"\t": ".tsv", "|": ".csv"}.get(separator, ".csv")
    drawn.files[f"{wrapping}{draw(st.sampled_from(['labels', 'train', 'data']))}{suffix}"] = text.encode(encoding)
    if draw(st.booleans()):
        drawn.files[wrapping + draw(st.sampled_from(["sample_submission.csv", "catalogue.csv"]))] = (
            "id,label\n901,a\n902,b\n"
        )
    for other in draw(st.sets(st.sampled_from(OTHERS), max_size=2)):
        drawn.files[f"{wrapping}{draw(st.sampled_from(['images/', 'test/', '']))}{other}.png"] = other
    return drawn


@st.composite
def packed(draw: st.DrawFn, drawn: Drawn, place: Path) -> Path:
    """Write a source as a folder, an archive, or an archive in one; or with each of its top folders in an archive."""
    kind = draw(st.sampled_from(["folder", "zip", "zip in a zip", "tar", "zips of folders"]))
    if kind == "folder":
        return folder(drawn.files)(place)
    place.mkdir()
    if kind == "tar":
        with tarfile.open(place / "source.tar.gz", "w:gz") as archive:
            for name, value in drawn.files.items():
                info, data = tarfile.TarInfo(name), content(value, name)
                info.type, info.size = (tarfile.DIRTYPE, 0) if name.endswith("/") else (tarfile.REGTYPE, len(data))
                archive.addfile(info, io.BytesIO(data))
        return place / "source.tar.gz"
    if kind == "zips of folders":
        inside: dict[str, dict[str, int | str | bytes]] = {}
        for name, value in drawn.files.items():
            top, _, rest = name.partition("/")
            inside.setdefault(top if rest else "", {})[rest or name] = value
        loose = {name: value for name, value in inside.pop("", {}).items() if not name.endswith("/")}
        return folder(loose | {f"{top}.zip": zip_bytes(files) for top, files in inside.items()})(place / "source")
    data = zip_bytes(drawn.files)
    (place / "source.zip").write_bytes(data if kind == "zip" else zip_bytes({"inner.zip": data, "readme.txt": "x"}))
    return place / "source.zip"


@few
@given(st.one_of(class_folders(), table()), st.data())
def test_whatever_is_drawn_is_right_or_refused_in_one_line(drawn, data):
    assert picture(0)
    with TemporaryDirectory() as place:
        source = data.draw(packed(drawn, Path(place) / "source"))
        try:
            said, found = imported(source, Path(place) / "out", {}, [*PICTURES, *OTHERS])
        except SourceError as error:
            message = str(error)
        else:
            assert found == drawn.truth, said
            return
    assert "\n" not in message
    assert len(message) < 1_000
