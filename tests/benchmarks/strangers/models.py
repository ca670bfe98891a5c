"""What a model can be kept with, and however it is compiled."""

from functools import partial

from benchmarks.strangers.judging import Verdict, completed, infeasible, refused, right, worked, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation

_IMAGE = "images/dark/0.png"


def unkeepable(place: Place, *, space: str, word: str) -> Verdict:
    """Search a space none of whose models can be kept: to be said before any training."""
    done = place.search(space)
    if done.status != 0:
        return refused(done, word)
    trained = place.galaxy("train", "first", "--epochs", "1")
    if trained.status != 0:
        return wrong(f"said after search and training: {trained.line}")
    used = place.galaxy("classify", "runs/first/model", _IMAGE)
    return wrong(f"said when the model is used: {used.line}") if used.status else right("searched, trained and used")


def branch(place: Place) -> Verdict:
    """Meet a model that cannot be kept in a branch of the space."""
    (place.folder / "points.json").write_text('[{"kind": "lambda"}, {"kind": "plain"}]')
    return infeasible(place.search("branching", "--try", "points.json"), {"0000": "cannot be kept"}, best="0001")


def bundle(place: Place, *, space: str, options: tuple[str, ...], word: str | None = None) -> Verdict:
    """Search, train, and classify with ``options``, to be refused with ``word`` where one is given."""
    for done in (place.search(space), place.galaxy("train", "first", "--epochs", "1")):
        if done.status != 0 or done.shows_traceback:
            return done.failed()
    used = place.galaxy("classify", "runs/first/model", _IMAGE, *options)
    return worked(used, "searched, trained and used") if word is None else refused(used, word)


def trains(place: Place, *, space: str, trials: int) -> Verdict:
    """Try each of the ways to compile that the space has."""
    return completed(place.search(space, "--oracle", "grid", "--trials", str(trials)), trials)


def mixed(place: Place) -> Verdict:
    """Search and train with the policy `mixed_float16`, and use the model."""
    return bundle(place, space="mixed", options=())


_KEPT, _COMPILED = "What cannot be kept", "However it is compiled"
SITUATIONS = (
    Situation(_KEPT, "a Lambda layer", partial(unkeepable, space="with_lambda", word="lambda")),
    Situation(
        _KEPT, "a layer of a class that is not registered", partial(unkeepable, space="unregistered", word="regist")
    ),
    Situation(_KEPT, "a Lambda layer in one branch", branch),
    Situation(
        _KEPT,
        "a registered layer, `classify --module my_space`",
        partial(bundle, space="registered", options=("--module", "my_space")),
    ),
    Situation(
        _KEPT,
        "a registered layer, `classify`",
        partial(bundle, space="registered", options=(), word="--module my_space"),
    ),
    Situation(_KEPT, "a loss and a metric that are closures", partial(bundle, space="own_loss", options=())),
    Situation(_COMPILED, "the policy mixed_float16", mixed),
    Situation(_COMPILED, "each of Keras's 14 optimizers", partial(trains, space="optimized", trials=14)),
    Situation(
        _COMPILED,
        "scaled, accumulated, jit, eager, own step, weighted metrics",
        partial(trains, space="compiled_oddly", trials=6),
    ),
)
