"""What values a trial gets, what a hyperparameter may be called, and what a score may be."""

import csv
import io
import json
from functools import partial

from benchmarks.strangers.judging import Verdict, completed, infeasible, refused, right, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation

_SCREEN = 120
# As in the space `oddly_named`.
_NAMES = {
    "with a space": "two words",
    "with a newline": "two\nlines",
    "like Rich's markup": "[bold red]markup[/]",
    "like HTML": "<b>tag</b>",
    "with a comma and quotes": 'comma, "quoted"',
}
_PAGE = """
import sys
from streamlit.testing.v1 import AppTest

def script(storage):
    from ui.pages import search
    from ui.pages.site import Site
    search.page(Site(storage))

page = AppTest.from_function(script, args=(sys.argv[1],), default_timeout=60).run()
if page.exception:
    sys.exit(f"the page: {page.exception[0].message}")
"""


def whole_numbers(place: Place, *, oracle: str) -> Verdict:
    """Search whole numbers by steps of a factor; a Dense of 8.0 units cannot be built."""
    done = place.search("powers", "--oracle", oracle, "--trials", "4")
    verdict = completed(done, 4)
    units = {trial["hyperparameters"]["units"] for trial in done.document.get("trials", [])}
    return verdict if units <= {2, 4, 8, 16} else wrong(f"units are {sorted(units)}")


def of_numpy(place: Place) -> Verdict:
    """Search a space declared with NumPy's scalars."""
    return completed(place.search("of_numpy", "--trials", "3", "--oracle", "tpe"), 3)


def nothing_twice(place: Place, *, oracle: str) -> Verdict:
    """Search a space of four configurations for ten trials."""
    done = place.search("four", "--trials", "10", "--oracle", oracle)
    if done.status != 0:
        return done.failed()
    tried = [tuple(sorted(trial["hyperparameters"].items())) for trial in done.document["trials"]]
    said = f"{len(tried)} trials of {len(set(tried))} configurations"
    return right(said) if len(tried) == len(set(tried)) == 4 else wrong(said)


def lasting(place: Place) -> Verdict:
    """Give the space a hyperparameter `epochs`."""
    return refused(place.search("lasting"), "epochs", "--epochs")


def nearly(place: Place) -> Verdict:
    """Give hyperparameters names one edit away from training options."""
    done = place.search("nearly")
    if done.status != 0:
        return done.failed()
    said = all(name in done.err for name in ("batch_size", "mixup"))
    line = next((line for line in done.err.splitlines() if "batch_size" in line), "")
    return right(line) if said else wrong("silently no option of training")


def unscored(place: Place) -> Verdict:
    """Score infinity and NaN."""
    (place.folder / "points.json").write_text('[{"score": "inf"}, {"score": "nan"}, {"score": "0.25"}]')
    options = ["--objective", "val_mine:max", "--trials", "3", "--try", "points.json"]
    return infeasible(place.search("scored", *options), {"0000": "infinite", "0001": "never a number"}, best="0002")


def beyond(place: Place) -> Verdict:
    """Score an accuracy of 1.7."""
    (place.folder / "points.json").write_text('[{"score": 1.7}, {"score": 0.5}]')
    done = place.search("beyond", "--objective", "accuracy", "--trials", "2", "--try", "points.json")
    return infeasible(done, {"0000": "1.7"}, best="0001")


def readable(place: Place, *, space: str, points: list[dict[str, str]], name: str) -> Verdict:
    """Look at a search of two points on the board, as CSV and JSON, and on the page; each has the name, in whole."""
    (place.folder / "points.json").write_text(json.dumps(points))
    searched = place.search(space, "--try", "points.json")
    board, document = place.galaxy("leaderboard", "first"), place.galaxy("leaderboard", "first", "--json")
    table, page = place.galaxy("leaderboard", "first", "--csv"), place.python(_PAGE, "runs")
    for done in (searched, document, board, table, page):
        if done.status != 0:
            return done.failed()
    lines, rows = board.out.splitlines(), list(csv.DictReader(io.StringIO(table.out)))
    widest = max(map(len, lines))
    faults = {
        f"board: a line of {widest:,} characters": widest > _SCREEN,
        "board: the name is missing": " ".join(name.split()) not in board.out,
        f"CSV: {len(rows)} rows of 2 trials": len(rows) != 2,
        "CSV: the name is missing": f"hyperparameters.{name}" not in rows[0],
        "JSON: the name is missing": name not in document.document["trials"][0]["hyperparameters"],
    }
    found = [fault for fault, holds in faults.items() if holds]
    return wrong(found[0]) if found else right(f"board of {len(lines)} lines, CSV of {len(rows[0])} columns, page")


_WHOLE, _TRAINING, _SCORES, _LONG = "Whole numbers", "Names of training", "Odd scores", "Long and odd names"
SITUATIONS = (
    *(
        Situation(_WHOLE, f"`Int` by steps of a factor, {oracle}", partial(whole_numbers, oracle=oracle))
        for oracle in ("tpe", "grid")
    ),
    Situation(_WHOLE, "NumPy's scalars as values and defaults", of_numpy),
    *(
        Situation(_WHOLE, f"four configurations, ten trials, {oracle}", partial(nothing_twice, oracle=oracle))
        for oracle in ("bayesian", "random")
    ),
    Situation(_TRAINING, "a hyperparameter `epochs`", lasting),
    Situation(_TRAINING, "hyperparameters `batchsize` and `mix_up`", nearly),
    Situation(_SCORES, "infinity and NaN", unscored),
    Situation(_SCORES, "an accuracy of 1.7", beyond),
    Situation(
        _LONG,
        "values of 3,000 characters",
        partial(readable, space="long_values", points=[{"text": "x" * 3000}, {"text": "y" * 3000}], name="text"),
    ),
    Situation(_LONG, "200 hyperparameters", partial(readable, space="wide", points=[], name="number 7")),
    *(
        Situation(
            _LONG,
            f"a name {title}",
            partial(readable, space="oddly_named", points=[{name: f"{name} a"}, {name: f"{name} b"}], name=name),
        )
        for title, name in _NAMES.items()
    ),
)
