from ui.predictions.prediction import Prediction, prediction_csv, prediction_table

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
    }


def test_csv() -> None:
    assert prediction_csv([SURE, UNUSABLE], CLASSES, "objective") == (
        "path,class,edge-on,spiral,warnings,error,sure,novelty,decide\n"
        "a.jpg,spiral,0.250000,0.750000,too small,,true,0.5000,objective\n"
        "b.txt,,,,,not an image,,,objective\n"
    )


def test_a_class_that_is_not_the_most_probable_is_known_as_such() -> None:
    assert not SURE.is_overruled
    assert not UNUSABLE.is_overruled
    assert Prediction("a.jpg", "edge-on", {"edge-on": 0.25, "spiral": 0.75}, (), None).is_overruled


def test_the_page_gets_the_second_class_and_what_is_to_be_known() -> None:
    first, second = prediction_table([SURE, UNUSABLE])
    assert (first["next"], first["note"]) == ("edge-on", "too small")
    assert (second["class"], second["next"], second["note"]) == (None, None, "not an image")
