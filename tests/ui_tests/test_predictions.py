from datasets import harmless, harmless_path
from ui.predictions.files import About, prediction_csv
from ui.predictions.prediction import Prediction
from ui.predictions.verdict import in_words, without_options

CLASSES = ("edge-on", "spiral")
SURE = Prediction("a.jpg", "spiral", {"edge-on": 0.25, "spiral": 0.75}, ("too small",), None, True, 0.5)
UNUSABLE = Prediction("b.txt", None, None, (), "not an image")


def test_the_chosen_class_and_the_order() -> None:
    assert SURE.probability == 0.75
    assert SURE.others == [("edge-on", 0.25)]
    assert (UNUSABLE.probability, UNUSABLE.others) == (None, [])


def test_json_keeps_absent_values_as_null() -> None:
    assert UNUSABLE.as_json() == {
        "path": "b.txt",
        "class": None,
        "probabilities": None,
        "warnings": [],
        "error": "not an image",
        "sure": None,
        "novelty": None,
        "seen": None,
        "none": None,
    }


def test_csv() -> None:
    assert prediction_csv([SURE, UNUSABLE], About(CLASSES, {})) == (
        "path,class,probability_edge-on,probability_spiral,sure,novelty,none,warnings,error\n"
        "a.jpg,spiral,0.25,0.75,true,0.5,,too small,\n"
        "b.txt,,,,,,,,not an image\n"
    )


def test_a_class_that_is_not_the_most_probable_is_known_as_such() -> None:
    assert not SURE.is_overruled
    assert not UNUSABLE.is_overruled
    assert Prediction("a.jpg", "edge-on", {"edge-on": 0.25, "spiral": 0.75}, (), None).is_overruled


def test_no_cell_is_a_formula() -> None:
    odd = Prediction("=cmd|' /C calc'!A0.jpg", "+a", {"+a": 1.0}, ("-2", "fine"), None)
    assert prediction_csv([odd], About(("+a",), {})) == (
        "path,class,probability_+a,sure,novelty,none,warnings,error\n'=cmd|' /C calc'!A0.jpg,'+a,1,,,,'-2; fine,\n"
    )
    assert harmless_path("@x.jpg") == "./@x.jpg"
    for text in ("=1", " =1", "@a", "\t=1", "＝1", "-1+1", "-1\n", "－1", "-e5", "+1|a", "-1 ", "-٣"):
        assert harmless(text) == f"'{text}"
    for text in ("a=1", "1-2", "", "spiral", "-1", "+1", "-0.5", "-.5", "-5.", "+1e-5"):
        assert harmless(text) == text


def test_a_verdict_in_words() -> None:
    chances = {"edge-on": 0.25, "spiral": 0.75}
    of = {
        "Sure: spiral": Prediction("", "spiral", chances, (), None, True, 0.5),
        "Not sure: spiral or edge-on": Prediction("", "spiral", chances, (), None, False, 0.5),
        "Likely: spiral": Prediction("", "spiral", chances, (), None),
        "Not like the training images": Prediction("", "spiral", chances, (), None, True, 1.5),
        "None of these, most like spiral": Prediction("", "spiral", chances, (), None, False, 0.5, None, 1.5),
        "Nothing to see": Prediction("", None, None, (), "nothing to see: every pixel is black"),
        "Cannot be used": Prediction("", None, None, (), "empty file"),
    }
    assert {words: in_words(prediction) for words, prediction in of.items()} == {words: words for words in of}


def test_advice_on_the_page_names_no_option_of_a_command() -> None:
    from datasets import Preprocessing
    from trainer.answering.judging import scale_warning

    for size in ((100, 100), (900, 900)):
        warning = scale_warning(Preprocessing(64, 1.0, (232, 232)), size, 1.0)
        assert warning is not None
        assert "--" in warning
        assert "--" not in without_options(warning)
