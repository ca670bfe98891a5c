"""Inputs of the contract: class folders, splits and archives, as people have them."""

from collections.abc import Mapping

from datasets_tests.contract_inputs import (
    NAMES,
    Files,
    Input,
    Refused,
    Right,
    folder,
    laid,
    name,
    picture,
    truth,
    zip_bytes,
    zipped,
)

from datasets import Split

TRAIN, VALIDATION, TEST = range(12), range(12, 18), range(18, 24)
SPLIT = truth(TRAIN) | truth(VALIDATION, Split.VALIDATION) | truth(TEST, Split.TEST)
TWO = truth(TRAIN) | truth(TEST, Split.TEST)
"""What splits hold, all three or training and test alone."""


def splits(train: str, test: str, validation: str | None = None) -> dict[str, int]:
    """Lay out class folders below splits."""
    files = laid(f"{train}/{{c}}/{{n}}.png", TRAIN) | laid(f"{test}/{{c}}/{{n}}.png", TEST)
    return files | (laid(f"{validation}/{{c}}/{{n}}.png", VALIDATION) if validation else {})


def right(files: Files, expected: Mapping[int, tuple[str, Split]], says: str = "", **options: object) -> Input:
    return Input(folder(files), Right(expected, says), options)


def refused(files: Files, way_out: str, **options: object) -> Input:
    return Input(folder(files), Refused(way_out), options)


PLAIN = laid("{c}/{n}.png")
ALL = truth()

CLASS_FOLDERS = {
    # One folder a class.
    "class folders": right(PLAIN, ALL),
    "JPEGs of any suffix": right(laid("{c}/{n}.JPG", range(6)) | laid("{c}/{n}.jpeg", range(6, 12)), ALL),
    "files without a suffix": right(laid("{c}/{n}"), ALL),
    "class folders below wrapping ones, with a readme": right(
        {"README.md": "x", "data/notes.txt": "x"} | laid("data/galaxies v2/{c}/{n}.png"), ALL
    ),
    "litter of systems": right(
        PLAIN
        | {f"{NAMES[0]}/.DS_Store": "x", "Thumbs.db": "x", ".git/a.png": 1, ".ipynb_checkpoints/1.png": 1}
        | {f"__MACOSX/{NAMES[0]}/._1.png": "x", f"{NAMES[1]}/desktop.ini": "x", f"{NAMES[1]}/._2.png": "x"}
        | {f"{NAMES[1]}/@eaDir/1.png/SYNOPHOTO_THUMB_M.png": 40, "$RECYCLE.BIN/1.png": 41, "__pycache__/a.pyc": "x"},
        ALL,
        "quarantined 0",
    ),
    "texts among the images": right(PLAIN | {f"{NAMES[0]}/notes.txt": "x"}, ALL, "quarantined 1"),
    "scripts and models beside the classes": right(
        PLAIN | {"train.py": "x", "models/best.h5": "x", "docs/a.pdf": "x"}, ALL, "models/ 0: holds no image"
    ),
    "images beside the classes": right(PLAIN | {"preview.png": 40}, ALL, "images outside of any class folder 1"),
    "spaces around the names of folders": right(laid(" {c} /{n}.png"), ALL),
    "odd names of files": right(
        {f"{NAMES[n % 3]}/{name}": n for n, name in enumerate(["a\nb.png", "ü" * 120 + ".png", "-rf.png", "a'\".png"])},
        truth(range(4)),
    ),
    "numbers for classes": right(
        {f"{n % 3}/{n}.png": n for n in range(12)}, truth(**{c: str(k) for k, c in enumerate(NAMES)})
    ),
    "letters of another language": right(
        {f"{('спираль', 'elíptica', '楕円')[n % 3]}/{n}.png": n for n in range(12)},
        truth(**dict(zip(NAMES, ("спираль", "elíptica", "楕円"), strict=True))),
    ),
    "a class of pictures of a kind that is not read": refused(
        laid("{c}/{n}.png", (n for n in range(12) if n % 3)) | {f"{NAMES[0]}/{n}.heic": b"heic" for n in range(4)},
        "class 'edge-on' has 0 usable images.*listed in",
    ),
    "folders in one class folder": refused(
        laid("{c}/{n}.png", range(6)) | {"odd/rings/6.png": 6, "odd/merging/7.png": 7},
        "--class-level 1.*--class-level 2",
    ),
    "a folder of one class more beside the classes": refused(
        PLAIN | {f"more/{NAMES[0]}/40.png": 40}, "--class-level 1"
    ),
    "predictions beside the classes": refused(PLAIN | {"pred/pred/40.png": 40}, "--drop-class pred"),
    "images beside the classes in a folder called test": right(
        laid("test/{c}/{n}.png") | {"test/40.png": 40}, ALL, "images outside of any class folder 1"
    ),
    "folders in a class folder beside its images": right(PLAIN | {f"{NAMES[0]}/more/12.png": 12}, truth(range(13))),
    "a folder for each image": right(laid("{c}/{n}/image.png"), ALL, class_level=1),
    "a folder for each image, not said": refused(laid("{c}/{n}/image.png"), "--class-level 1"),
    "an empty class folder": refused(PLAIN | {"irregular/": ""}, "irregular.*--drop-class|irregular.*leave it out"),
    "an empty class folder, dropped": right(PLAIN | {"irregular/": ""}, ALL, drop_class=("irregular",)),
    "one class": refused(laid("{c}/{n}.png", [0, 3, 6]), "two are needed"),
    "one folder of images": refused(laid("images/{n}.png"), "folder|table|column"),
    "images in no folder": refused(laid("{c}_{n}.png"), "outside of any folder"),
    "nothing": refused({}, "nothing in it"),
    "empty folders": refused({"a/": "", "b/": ""}, "no file"),
    "a folder of samples among the classes": refused(PLAIN | {"samples/40.png": 40}, "--drop-class samples"),
    "a folder of samples among the classes, dropped": right(
        PLAIN | {"samples/40.png": 40}, ALL, "'samples' 1", drop_class=("samples",)
    ),
    "images to classify beside the classes": refused(PLAIN | {"test/40.png": 40}, "--drop-class test"),
    "masks beside the images": right(
        PLAIN | {f"{NAMES[n % 3]}/{n}_mask.png": 40 + n for n in range(6)}, ALL, "6: masks"
    ),
    "thumbnails in the class folders": right(
        PLAIN | {f"{NAMES[n % 3]}/thumbs/{n}.png": 40 + n for n in range(6)}, ALL, "6: masks, weights or thumbnails"
    ),
    "masks beside a folder of images in each class": right(
        laid("{c}/images/{n}.png") | {f"{NAMES[n % 3]}/masks/{n}.png": 40 + n for n in range(6)},
        ALL,
        "6: masks",
    ),
    "all of it once more in a folder beside": right(
        PLAIN | laid("data/{c}/{n}.png"), ALL, "data/ 12: holds the images of the class folders once more"
    ),
    "half of it once more, half anew": refused(PLAIN | laid("data/{c}/{n}.png", range(6, 18)), "--class-level 1"),
    "a copy of a class": refused(
        PLAIN | {f"{NAMES[0]} - Copy/{n}.png": n for n in range(0, 12, 3)}, "0 distinct images.*listed in"
    ),
    "masks in a folder": refused(laid("images/{n}.png") | laid("masks/{n}.png", range(40, 52)), "--drop-class|table"),
    "labels of YOLO": refused(
        laid("train/images/{n}.png")
        | {f"train/labels/{n}.txt": "0 0.5 0.5 1 1" for n in range(12)}
        | {"data.yaml": "x"},
        "class folders|table|two are needed",
    ),
    # Splits.
    "splits": right(splits("train", "test", "val"), SPLIT),
    "training and test sets": right(splits("training_set/training_set", "test_set/test_set"), TWO),
    "seg_train": right(
        splits("seg_train/seg_train", "seg_test/seg_test") | {"seg_pred/seg_pred/40.png": 40}, TWO, "seg_pred/ 1"
    ),
    "numbered splits": right(splits("01_train", "03_test", "02_validation"), SPLIT),
    "splits in capitals": right(splits("TRAIN", "Test_Images", "ValSet"), SPLIT),
    "evaluation": right(splits("Training", "Testing", "eval"), SPLIT),
    "splits below the classes": right(
        laid("{c}/train/{n}.png", TRAIN) | laid("{c}/valid/{n}.png", VALIDATION) | laid("{c}/test/{n}.png", TEST), SPLIT
    ),
    "training alone": right(laid("data/train/{c}/{n}.png"), ALL, "--split-folders train=train"),
    "a source in a folder called test": right(laid("test/{c}/{n}.png"), ALL, "--split-folders test=test does"),
    "a test split alone": right(laid("test/{c}/{n}.png"), truth(TRAIN, Split.TEST), split_folders="test=test"),
    "training and test images": right(splits("train_images", "test_images"), TWO),
    "splits in a folder called test": right(
        {f"test/{file}": number for file, number in splits("train", "test").items()}, TWO
    ),
    "images to classify beside the splits": right(
        splits("train", "test") | {"sample_images/40.png": 40, "pred/41.png": 41}, TWO, "sample_images/ 1.*|pred/ 1"
    ),
    "a test split without labels": right(
        laid("train/{c}/{n}.png", TRAIN) | laid("test/{n}.png", TEST), ALL, "test/ 6: .*no labels"
    ),
    "a test split without labels in a folder of its name": right(
        laid("train/{c}/{n}.png", TRAIN) | laid("test/test/{n}.png", TEST), ALL, "test/.* 6: .*label"
    ),
    "a test split without labels in a folder": right(
        laid("train/{c}/{n}.png", TRAIN) | laid("test/unknown/{n}.png", TEST), ALL, "6: .*label"
    ),
    "a validation split whose images lie in a folder": right(
        laid("train/{c}/images/{n}.png", TRAIN) | laid("val/images/{n}.png", VALIDATION),
        ALL,
        "6: .*label",
    ),
    "a class that only the test split has": refused(
        splits("train", "test") | {"test/irregular/40.png": 40}, "irregular.*--drop-class irregular"
    ),
    "classes of other names in the test split": refused(
        laid("train/{c}/{n}.png", TRAIN) | laid("test/{c} galaxies/{n}.png", TEST), "--drop-class 'edge-on galaxies'"
    ),
    "all of it once more": right(
        splits("train", "test") | splits("all/train", "all/test"), TWO, "all/ 18: .*once more"
    ),
    "all of it once more in class folders": right(
        splits("train", "test") | laid("{c}/{n}.png", [*TRAIN, *TEST]), TWO, "edge-on/ 6: .*once more"
    ),
    "all of it once more in one folder": right(
        splits("train", "test") | laid("all/{n}.png", [*TRAIN, *TEST]), TWO, "all/ 18: .*once more"
    ),
    "other images of the same names beside the splits": refused(
        {
            f"{split}/{NAMES[n % 3]}/{n // 3}.png": n + more
            for split, more in (("train", 0), ("test", 24))
            for n in range(12)
        }
        | {f"extra/{NAMES[n % 3]}/{n // 3}.png": n + 12 for n in range(12)},
        "--split-folders",
    ),
    "other images of the same names and sizes beside the splits": refused(
        {f"train/{name(n)}/{n // 3}.bmp": picture(n, "BMP") for n in range(12)}
        | {f"test/{name(n)}/{n // 3 + 4}.bmp": picture(n + 12, "BMP") for n in range(12)}
        | {f"extra/{name(n)}/{n // 3}.bmp": picture(n + 24, "BMP") for n in range(12)},
        "--split-folders",
    ),
    "other images among copies beside the splits": refused(
        splits("train", "test") | {f"extra/{name(n)}/{n}.png": n + 24 * (n in (1, 10)) for n in TRAIN},
        "--split-folders",
    ),
    "two sets with splits": refused(
        splits("sdss/train", "sdss/test") | splits("hst/train", "hst/test"), "--split-folders"
    ),
    "two sets with a split": refused(
        laid("2019/train/{c}/{n}.png") | laid("2020/train/{c}/{n}.png", range(12, 24)), "--split-folders"
    ),
    "two sets with a split of another name each": refused(
        laid("2019/train/{c}/{n}.png") | laid("2020/training/{c}/{n}.png", range(12, 24)),
        r"--split-folders train=2019/train\+2020/training",
    ),
    "two surveys": refused(laid("sdss/{c}/{n}.png") | laid("hst/{c}/{n}.png", range(12, 24)), "--split-folders"),
    "folds": refused(laid("fold1/{c}/{n}.png", TRAIN) | laid("fold2/{c}/{n}.png", TEST), "--split-folders"),
    "a holdout": refused(laid("train/{c}/{n}.png", TRAIN) | laid("holdout/{c}/{n}.png", TEST), "--split-folders"),
    "another language": refused(splits("entrenamiento", "prueba"), "--split-folders"),
    "another language, said": right(
        splits("entrenamiento", "prueba"), TWO, split_folders="train=entrenamiento,test=prueba"
    ),
    "old classes in a class folder's place": refused(
        splits("train", "test") | laid("old/{c}/{n}.png", range(24, 36)), "--split-folders"
    ),
    "one class spelled in two ways": right(
        laid("train/{c}/{n}.png", TRAIN) | {f"test/{NAMES[n % 3].upper().replace('-', '_')}/{n}.png": n for n in TEST},
        TWO,
        "'edge-on' and 'EDGE_ON' are one class, 'edge-on'",
    ),
    # Archives.
    "a zip": Input(zipped(PLAIN), Right(ALL)),
    "a zip of splits below a folder": Input(zipped(laid("data/train/{c}/{n}.png")), Right(ALL)),
    "a zip that was unpacked beside itself": right(
        splits("train", "test") | {"train.zip": zip_bytes(laid("train/{c}/{n}.png"))},
        TWO,
        "train.zip 0: an archive beside",
    ),
    "a zip a split": right(
        {"train.zip": zip_bytes(laid("{c}/{n}.png", TRAIN)), "test.zip": zip_bytes(laid("test/{c}/{n}.png", TEST))}, TWO
    ),
    "a zip a class": right({f"{c}.zip": zip_bytes(laid("{n}.png", range(k, 12, 3))) for k, c in enumerate(NAMES)}, ALL),
    "a zip a class with its folder": right(
        {f"{c}.zip": zip_bytes(laid("{c}/{n}.png", range(k, 12, 3))) for k, c in enumerate(NAMES)}, ALL
    ),
    "zips in a zip in a zip": Input(
        zipped({"a.zip": zip_bytes({"b/c.zip": zip_bytes(laid("{c}/{n}.png"))}), "readme.txt": "x"}), Right(ALL)
    ),
}
