"""Going on in an edited space, trying again, and records that are gone."""

from benchmarks.strangers.judging import Done, Verdict, completed, refused, right, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation

_RANGE, _NARROWER = 'hp.Int("units", 2, 40)', 'hp.Int("units", 2, 20)'
_NAME = 'hp.Choice("batch_size", [16])'


def edited_range(place: Place) -> Verdict:
    """Narrow a range, and resume."""
    place.search("build")
    place.edit(_RANGE, _NARROWER)
    return refused(_resume(place, "--trials", "4"), "max_value was 40, is 20", "--accept-space")


def vanished_name(place: Place) -> Verdict:
    """Delete a hyperparameter, and resume."""
    place.search("build")
    place.edit(_NAME, "hp")
    return refused(_resume(place, "--trials", "4"), "batch_size is gone", "--accept-space")


def changed_type(place: Place) -> Verdict:
    """Make a choice of a range, and resume."""
    place.search("build")
    place.edit(_RANGE, 'hp.Choice("units", [2, 4, 8])')
    return refused(_resume(place, "--trials", "4"), "units", "--accept-space")


def accepted(place: Place) -> Verdict:
    """Narrow a range and accept that: what is proposed from then on lies in it."""
    place.search("build", "--oracle", "tpe")
    place.edit(_RANGE, _NARROWER)
    done = _resume(place, "--trials", "6", "--accept-space")
    units = [
        trial["hyperparameters"]["units"] for trial in done.document.get("trials", []) if trial["trial_id"] > "0001"
    ]
    verdict = completed(done, 6)
    return verdict if all(value <= 20 for value in units) else wrong(f"proposes {sorted(units)}")


def retried(place: Place, *, which: str = "infeasible") -> Verdict:
    """Mend what trials were infeasible for, and try them again."""
    (place.folder / "points.json").write_text('[{"units": 5}, {"units": 2}]')
    place.search("picky", "--try", "points.json")
    place.edit("!= 2:", "< 0:")
    done = _resume(place, "--retry", which)
    verdict = completed(done, 2)
    attempts = {trial["trial_id"]: trial.get("attempts") for trial in done.document.get("trials", [])}
    return verdict if done.status != 0 or attempts == {"0000": 2, "0001": 1} else wrong(f"attempts {attempts}")


def retried_by_name(place: Place) -> Verdict:
    """Try one trial again by its id."""
    return retried(place, which="0000")


def retried_wrongly(place: Place) -> Verdict:
    """Try a trial again that there is not."""
    place.search("build")
    return refused(_resume(place, "--retry", "0007"), "0007")


def deleted_record(place: Place) -> Verdict:
    """Delete a trial's record and all that is known of it by hand, and resume."""
    place.search("build", "--trials", "3")
    for path in (place.folder / "runs" / "first").rglob("*0001*.json"):
        path.unlink()
    done = _resume(place, "--trials", "4")
    return refused(done, "0001") if done.status else right(f"goes on: {len(done.document['trials'])} trials")


def cut_record(place: Place) -> Verdict:
    """Cut a trial's record short, as a full disk does, and resume."""
    place.search("build", "--trials", "3")
    for path in (place.folder / "runs" / "first" / "records").glob("*0001*"):
        path.write_bytes(path.read_bytes()[:40])
    return refused(_resume(place, "--trials", "4"), "0001")


def _resume(place: Place, *options: str) -> Done:
    return place.galaxy("resume", "first", *options, "--address", "in-process", "--json")


_EDITED, _RETRY = "An edited space", "Trying again"
SITUATIONS = (
    Situation(_EDITED, "a narrower range, `resume`", edited_range),
    Situation(_EDITED, "a name that is gone, `resume`", vanished_name),
    Situation(_EDITED, "another type, `resume`", changed_type),
    Situation(_EDITED, "a narrower range, `resume --accept-space`", accepted),
    Situation(_RETRY, "mended: `resume --retry infeasible`", retried),
    Situation(_RETRY, "mended: `resume --retry 0000`", retried_by_name),
    Situation(_RETRY, "`resume --retry` of no trial", retried_wrongly),
    Situation(_RETRY, "a record deleted by hand, `resume`", deleted_record),
    Situation(_RETRY, "a record cut short, `resume`", cut_record),
)
