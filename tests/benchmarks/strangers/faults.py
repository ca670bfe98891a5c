"""Faults of the user's own code."""

from functools import partial

from benchmarks.strangers.judging import Verdict, infeasible, refused, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation


def said(place: Place, *, space: str, words: tuple[str, ...]) -> Verdict:
    """Search a space that fails whatever is asked: one line with the file and line of the user's code."""
    return refused(place.search(space), *words)


def unimportable(place: Place, *, text: str, words: tuple[str, ...]) -> Verdict:
    """Search a space whose module cannot be imported."""
    (place.folder / "my_space.py").write_text(text)
    return refused(place.search("build"), *words)


def oracle(place: Place, *, name: str, words: tuple[str, ...]) -> Verdict:
    """Search with an oracle of one's own that is wrong."""
    return refused(place.search("build", "--oracle", f"my_space:{name}"), *words)


def in_a_trial(place: Place, *, space: str, word: str) -> Verdict:
    """Fail in one trial: it is infeasible with the place of the fault, whose traceback is kept; the other completes."""
    (place.folder / "points.json").write_text('[{"units": 5}, {"units": 2}]')
    verdict = infeasible(place.search(space, "--try", "points.json"), {"0000": word}, best="0001")
    kept = any("Traceback" in path.read_text(errors="replace") for path in (place.folder / "runs").rglob("*0000*.txt"))
    return verdict if kept else wrong(f"no traceback is kept; {verdict.said}")


_KIND, _MINE = "The user's own code", "(my_space.py:"
_FACTORY, _NO_ORACLE = ("not today", _MINE), ("Oracle", _MINE)
SITUATIONS = (
    Situation(_KIND, "a build that raises", partial(said, space="raising", words=("no such network", _MINE))),
    Situation(_KIND, "a build that returns nothing", partial(said, space="nothing", words=("None", _MINE))),
    Situation(_KIND, "no such name in the module", partial(said, space="bild", words=("bild",))),
    Situation(
        _KIND, "a module with a syntax error", partial(unimportable, text="\ndef build(hp:\n", words=("my_space.py:2",))
    ),
    Situation(
        _KIND,
        "a module that imports what is not there",
        partial(unimportable, text="\nimport absent_package\n", words=("absent_package", "my_space.py:2")),
    ),
    Situation(_KIND, "an oracle's factory that raises", partial(oracle, name="raising_oracle", words=_FACTORY)),
    Situation(_KIND, "a factory that makes no oracle", partial(oracle, name="no_oracle", words=_NO_ORACLE)),
    Situation(_KIND, "an oracle that raises", partial(oracle, name="Dividing", words=("division by zero", _MINE))),
    Situation(
        _KIND,
        "a build that raises in one trial",
        partial(in_a_trial, space="picky", word=f"network {_MINE}"),
    ),
    Situation(
        _KIND,
        "a train_step that raises in one trial",
        partial(in_a_trial, space="bad_step", word=f"today {_MINE}"),
    ),
)
