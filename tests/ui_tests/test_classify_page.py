import csv
import io
import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from datasets_tests import hostile
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import write_search
from ui_tests.views import open_view

from datasets import DecodedImage, ImageError, ImportOptions, import_dataset
from ui.pages import classify, uploading
from ui.predictions.keeping import Everyone, KeepLimits, Visitor

opened = partial(open_view, "classify")


def uploaded(page: AppTest, files: dict[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files.items()])
    return page.run()


def said(page: AppTest) -> str:
    """Return all that the page says, as plain text."""
    places = (page.markdown, page.subheader, page.info, page.warning, page.error)
    return "\n".join(element.value for place in places for element in place).replace("\\", "")


def verdict(page: AppTest) -> str:
    return page.subheader[0].value.replace("\\", "")


def table(page: AppTest) -> "dict[str, list[object]]":
    """Return the table of answers by column."""
    frame = next(each.value for each in page.dataframe if "verdict" in each.value)
    return {name: list(frame[name]) for name in frame}


@pytest.fixture
def trained(storage: str, bundle: Path) -> str:
    """The storage folder, its search ``first`` with a model."""
    shutil.copytree(bundle, Path(storage) / "first" / "model")
    return storage


@pytest.fixture
def pictures(tiny_source: Path) -> dict[str, bytes]:
    """Images of galaxies by name."""
    return {f"{path.parent.name}-{path.name}": path.read_bytes() for path in sorted(tiny_source.glob("*/*.jpg"))[::5]}


@pytest.fixture
def one(tiny_source: Path) -> dict[str, bytes]:
    return {"000.jpg": (tiny_source / "spiral" / "000.jpg").read_bytes()}


def test_without_a_model_the_page_says_how_to_train_one(storage: str) -> None:
    page = opened(storage)
    assert not page.exception
    assert "There is no trained model in" in page.info[0].value
    assert page.code[0].value == f"galaxy train NAME --storage {storage}"


def test_only_searches_with_a_model_can_be_chosen_and_paths_only_by_who_serves_it(trained: str) -> None:
    assert classify.models(trained) == {"first": f"{trained}/first/model"}
    assert opened(trained).selectbox[0].options == ["first"]
    assert opened(trained, control=True).selectbox[0].options == ["first", "another path …"]
    page = opened(trained, model="another path …")
    assert page.selectbox[0].value == "first"
    assert "There is no model" in page.warning[0].value


def test_the_model_is_in_the_url(trained: str, bundle: Path) -> None:
    write_search(trained, "second")
    shutil.copytree(Path(trained) / "first" / "model", Path(trained) / "second" / "model")
    page = opened(trained, model="second")
    assert page.selectbox[0].value == "second"
    for name in ("first", "second", "first"):  # again and again
        page.selectbox[0].set_value(name).run()
        assert (page.selectbox[0].value, page.query_params["model"]) == (name, name)


def test_a_link_from_a_search_opens_its_model_whatever_was_chosen_before(trained: str) -> None:
    write_search(trained, "second")
    shutil.copytree(Path(trained) / "first" / "model", Path(trained) / "second" / "model")
    write_search(trained, "third")
    page = opened(trained, model="first")
    page.query_params.clear()
    page.query_params["search"] = "second"
    page.run()
    assert (page.selectbox[0].value, page.query_params["model"]) == ("second", "second")
    page.selectbox[0].set_value("first").run()  # the search in the address is asked for no more
    assert (page.selectbox[0].value, page.warning.len) == ("first", 0)
    assert "There is no model third" in opened(trained, search="third").warning[0].value


def test_settings_are_in_the_url_and_each_model_has_its_own(trained: str) -> None:
    write_search(trained, "second")
    shutil.copytree(Path(trained) / "first" / "model", Path(trained) / "second" / "model")
    page = opened(trained, model="first", crop="0.5", decide="fair to rare classes")
    assert (page.number_input(key="crop").value, page.selectbox(key="decide").value) == (0.5, "balanced")
    page.selectbox[0].set_value("second").run()
    assert (page.number_input(key="crop").value, page.selectbox(key="decide").value) == (1.0, "accuracy")


def test_the_model_says_what_it_tells_apart_and_how_well(trained: str) -> None:
    line = opened(trained).markdown[0].value.replace("\\", "")
    assert line.startswith("Tells apart Cigar-shaped smooth, completely round smooth")
    assert line.endswith("Right for 25.0 % of its test images.")


def test_an_image_gets_its_verdict_first_and_a_bar_for_every_class(trained: str, one: dict[str, bytes]) -> None:
    page = uploaded(opened(trained), one)
    assert not page.exception
    assert verdict(page).startswith("Likely: ")
    (bars,) = [html.body for html in page.get("html")]
    assert all(name in bars for name in ("Cigar-shaped smooth", "edge-on", "spiral"))
    assert bars.count("font-weight:600") == 1
    assert len(page.dataframe) == 0
    (image,) = page.get("image")
    assert image.proto.imgs[0].alt.startswith("000.jpg: Likely: ")


def test_a_class_that_is_not_the_most_probable_is_said_to_be_chosen_for_the_objective(
    trained: str, one: dict[str, bytes]
) -> None:
    manifest = Path(trained) / "first" / "model" / "bundle.json"
    about = json.loads(manifest.read_text())
    about |= {"decide": "objective", "factors": dict.fromkeys(about["classes"], 1e-9) | {"edge-on": 1.0}}
    manifest.write_text(json.dumps(about))
    page = uploaded(opened(trained), one)
    assert verdict(page) == "Likely: edge-on"
    assert "Not the most probable class" in said(page)
    decide = next(box for box in page.selectbox if box.label == "Which class is named")
    decide.set_value("accuracy").run()
    assert "Not the most probable class" not in said(page)


def test_what_the_model_cannot_promise_is_said(trained: str, one: dict[str, bytes]) -> None:
    page = uploaded(opened(trained), one)
    page.number_input(key="max_error").set_value(1.0).run()
    assert not page.exception
    assert "can promise no error rate" in said(page)
    assert verdict(page).startswith("Likely: ")


def test_nothing_is_classified_again(trained: str, pictures: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer import Classifier

    looked = []
    examine = Classifier.examine
    monkeypatch.setattr(Classifier, "examine", lambda self, pixels: looked.append(len(pixels)) or examine(self, pixels))
    write_search(trained, "second")
    shutil.copytree(Path(trained) / "first" / "model", Path(trained) / "second" / "model")
    page = uploaded(opened(trained), pictures)
    assert sum(looked) == len(pictures)
    page.multiselect(key="classes").set_value([table(page)["class"][0]]).run()
    page.run()
    assert sum(looked) == len(pictures)
    page.selectbox[0].set_value("second").run()
    assert sum(looked) == 2 * len(pictures)
    page.selectbox[0].set_value("first").run()
    assert sum(looked) == 2 * len(pictures)
    assert len(table(page)["image"]) > 0
    uploaded(page, {"new.jpg": hostile.picture("JPEG")})
    assert sum(looked) == 2 * len(pictures) + 1


def test_many_are_counted_filtered_and_broken_ones_have_their_reason(trained: str, pictures: dict[str, bytes]) -> None:
    broken = {"notes *1*.txt": b"no image", "black.png": hostile.ATTACKS["black"][1]()}
    page = uploaded(opened(trained), pictures | broken)
    assert not page.exception
    counts = page.dataframe[0].value
    assert sum(counts["images"]) == len(pictures)
    assert f"**{len(pictures)}** likely · **1** nothing to see · **1** cannot be used" in said(page)
    page.button_group(key="verdicts").set_value(["cannot be used"]).run()
    assert table(page)["image"] == ["notes *1*.txt"]
    assert table(page)["note"][0].startswith("not an image")
    assert "notes *1*.txt" in said(page)


def test_whatever_the_command_takes_is_taken(trained: str, one: dict[str, bytes], tmp_path: Path) -> None:
    files = {"a.zip": hostile.good()["a.zip"], "a.h5": hostile.good()["a.h5"], "a.parquet": hostile.good()["a.parquet"]}
    for number, band in enumerate("gri"):
        light = np.random.default_rng(number).normal(0, 1, (64, 64)).astype(np.float32)
        stream = io.BytesIO()
        fits.PrimaryHDU(light).writeto(stream)
        files[f"g7_{band}.fits"] = stream.getvalue()
    page = uploaded(opened(trained), files)
    assert table(page)["image"] == [
        *("a.zip/b.png", "a.zip/dir/a.jpg", "a.h5/images/00000", "a.h5/images/00001"),
        *("a.parquet/0", "a.parquet/1", "g7_*.fits"),
    ]


def test_a_table_is_no_way_to_files_of_the_server(trained: str, tiny_source: Path) -> None:
    (Path(trained) / "secret.jpg").write_bytes(hostile.picture("JPEG"))
    page = uploaded(opened(trained), {"paths.csv": f"path\n{trained}/secret.jpg\nhere.jpg\n".encode()})
    assert "names images secret.jpg, here.jpg, not among the uploads" in said(page)
    page = uploaded(page, {"here.jpg": hostile.picture("JPEG")})
    assert table(page)["image"] == ["here.jpg", "paths.csv"]
    assert "names image secret.jpg, not among" in table(page)["note"][1]


def test_one_click_takes_the_advised_crop(trained: str) -> None:
    page = uploaded(opened(trained), {"large.png": hostile.saved(lambda path: _picture(path, 256))})
    assert "for an equal pixel scale look at the central" in said(page)
    assert "--" not in said(page)
    page = uploaded(page, {"larger.png": hostile.saved(lambda path: _picture(path, 300))})
    assert not page.exception
    next(button for button in page.button if button.label == "Remove all").click().run()
    page = uploaded(page, {"large.png": hostile.saved(lambda path: _picture(path, 256))})
    crop = next(button for button in page.button if button.label.startswith("Look at the central"))
    crop.click().run()
    assert not page.exception
    assert 0 < page.number_input[0].value < 1
    assert "for an equal pixel scale" not in said(page)


def _picture(path: Path, side: int) -> None:
    from PIL import Image

    Image.fromarray(hostile.pixels()).resize((side, side)).save(path, "PNG")


def test_an_answer_can_be_explained(trained: str, one: dict[str, bytes]) -> None:
    page = uploaded(opened(trained), one)
    assert len(page.get("image")) == 1
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert [image.proto.imgs[0].alt[:40] for image in page.get("image")][1].startswith("The image, and beside it")


def test_a_correction_is_a_label_that_import_takes(trained: str, tmp_path: Path) -> None:
    files = {"=1+1.jpg": hostile.picture("JPEG", 1), "a.zip": hostile.zipped({"dir/b.jpg": hostile.picture("JPEG", 2)})}
    page = opened(trained)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    page = uploaded(page, files)
    kept = page.session_state["uploads"]
    for upload, name in zip(kept.uploads, ("spiral", "edge-on"), strict=True):
        kept.right[upload.digest, 0] = name
    page.run()
    assert table(page)["right class"] == ["spiral", "edge-on"]
    from ui.predictions.labels import labels_csv

    assert table(page)["image"] == ["'=1+1.jpg", "a.zip/dir/b.jpg"]
    labels = labels_csv({"=1+1.jpg": "spiral", "a.zip/dir/b.jpg": "edge-on"})
    assert list(csv.reader(io.StringIO(labels)))[1:] == [["./=1+1.jpg", "spiral"], ["a.zip/dir/b.jpg", "edge-on"]]
    (tmp_path / "labels.csv").write_text(labels)
    info = import_dataset(tmp_path, tmp_path / "out", ImportOptions(image_size=16, validation=0, test=0))
    assert info.counts["train"] == {"edge-on": 1, "spiral": 1}


def test_the_visitor_says_what_an_image_is(trained: str, one: dict[str, bytes]) -> None:
    page = uploaded(opened(trained), one)
    right = next(box for box in page.selectbox if box.label.startswith("Its right class"))
    right.set_value("edge-on").run()
    assert list(page.session_state["uploads"].right.values()) == ["edge-on"]
    assert any(button.proto.label.startswith("1 label") for button in page.get("download_button"))


def test_uploads_can_be_removed_and_are_limited_with_a_line(
    trained: str, one: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = Everyone(KeepLimits(files=1))
    monkeypatch.setattr(uploading, "_everyone", lambda: everyone)
    page = uploaded(opened(trained), {**one, "b.jpg": hostile.picture("JPEG")})
    assert "file b.jpg not taken: at most 1 files are kept of a visitor" in said(page)
    next(button for button in page.button if button.label == "Remove all").click().run()
    assert not page.subheader
    assert "not taken" not in said(page)


def test_it_can_be_stopped_and_goes_on(trained: str, pictures: dict[str, bytes]) -> None:
    page = opened(trained)
    page.session_state["stopped"] = None
    page = uploaded(page, pictures)
    kept = page.session_state["uploads"]
    (key,) = kept.found
    for upload in kept.uploads[1:]:
        kept.found[key].pop(upload.digest)
    page.session_state["stopped"] = key
    page.run()
    assert f"Stopped: 1 of {len(pictures)} images are answered." in said(page)
    next(button for button in page.button if button.label == "Go on").click().run()
    assert "Stopped" not in said(page)
    assert len(table(page)["image"]) == len(pictures)


def test_files_are_taken_once_however_often_streamlit_says_that_they_are_there() -> None:
    kept = Visitor(Everyone())
    kept.generation = 1
    uploading._take(kept, "files 0")
    assert (kept.generation, kept.count) == (1, 0)


def test_a_path_can_be_given_by_who_serves_the_page(storage: str, bundle: Path, tmp_path: Path) -> None:
    page = opened(storage, control=True)
    page.text_input(key="path").set_value(str(bundle)).run()
    assert not page.exception
    assert "Tells apart" in said(page)
    page.text_input(key="path").set_value(str(tmp_path)).run()
    assert "is not a bundle" in said(page)


def test_names_and_contents_of_strangers_are_shown_as_they_are(trained: str) -> None:
    odd = "<script>alert(1)<\\script> *b* [x](javascript:1) $x$ :smile: =1"
    attacks = ("EXIF full of HTML", "polyglot of JPEG and zip", "SVG with script", "pixel bomb")
    page = opened(trained)
    for number, what in enumerate(attacks, 1):
        name, make, _ = hostile.ATTACKS[what]
        page = uploaded(page, {f"{odd}{number}{name}": make()})
        assert not page.exception
    assert len(table(page)["image"]) == len(attacks)
    assert any("script> *b* [x](javascript:1) $x$ :smile: =1" in str(name) for name in table(page)["image"])
    assert "script> *b* [x](javascript:1) $x$ :smile: =1" in said(page)
    for markdown in page.markdown:
        assert "*b* [x](" not in markdown.value


def test_two_visitors_never_see_each_others_uploads(trained: str, one: dict[str, bytes]) -> None:
    first, second = uploaded(opened(trained), one), opened(trained)
    second.run()
    assert first.subheader
    assert not second.subheader
    assert second.session_state["uploads"].count == 0


def test_a_decoder_that_fails_costs_one_image(
    trained: str, one: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(places: list[object], how: object) -> list[DecodedImage | ImageError]:
        return [ImageError("crashed what decodes it (SIGSEGV): it is damaged, or made to do so")]

    page = opened(trained)
    monkeypatch.setattr(uploading.reader(), "read", read)
    page = uploaded(page, one)
    assert verdict(page) == "Cannot be used"
    assert "crashed what decodes it" in said(page)
