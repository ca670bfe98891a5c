"""Code of a space that was edited after networks of it were trained: old weights say nothing of what is built now.

Layers of other activations, or other functions between them, have weights of the same shapes, and load without a word.
"""

import contextlib
import inspect
import logging
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from textwrap import dedent

from cluster.nodes.code import PACKAGES
from search import (
    CODE,
    TRAINING_CODE,
    Ledger,
    SearchLayout,
    SearchSpecification,
    SpaceError,
    Value,
    check_values,
    load_hypermodel,
    space_sources,
)

_log = logging.getLogger(__name__)


def refuse_if_edited(
    layout: SearchLayout,
    specification: SearchSpecification,
    given: object | None,
    wanted: Mapping[str, Mapping[str, Value]],
) -> None:
    """Note the code that full trainings are of; refuse to go on with those of a space that was edited since.

    Where it was edited after the search, say that its ranks are of other networks, and refuse what can be built no more
    of the values ``wanted``, by their trials' ids. For who holds the trainers' place; ``given`` is the HyperModel where
    that is an object. Raises SpaceError.
    """
    settings = specification.settings
    if settings.hypermodel is None:
        return
    code = space_code(settings.hypermodel, given)
    before, searched = (layout.root.read_if_there(name) for name in (TRAINING_CODE, CODE))
    if code is not None and before not in (None, code) and layout.training.names():
        raise SpaceError(
            "the code of the space was edited since its networks were trained in full, and their weights say nothing "
            f"of what it builds now: undo the edit, or delete {layout.training.uri} to train them anew"
        )
    ledger = Ledger(layout)
    known = ledger.space()
    # Of an accepted edit the search knows, and drives the code as it is now.
    if code is None or code != searched or (known is not None and not wanted.keys().isdisjoint(known.earlier)):
        hypermodel = load_hypermodel(
            settings.hypermodel,
            input_shape=specification.image_shape,
            num_classes=len(specification.classes),
            given=given,
        )
        check_values(ledger, hypermodel, wanted, seed=settings.seed)
    if code is None:
        return
    if searched not in (None, code):
        _log.warning(
            "The code of the space was edited since the search was last driven: what is trained now is what it builds "
            "now, the ranks are of what it built before: if networks differ, undo the edit, or begin a new search."
        )
    if before != code:
        layout.root.write_whole(TRAINING_CODE, code)


def warn_if_edited(layout: SearchLayout, reference: str | None, given: object | None, *, begun: int) -> None:
    """Note the code that a search is driven with; say what it means where it was edited after trials had ``begun``.

    For who drives the search.
    """
    code = space_code(reference, given)
    before = layout.root.read_if_there(CODE)
    if code is None or before == code:
        return
    if before is not None and begun:
        _log.warning(
            "The code of the space was edited since the search was last driven: %d trials so far are of what it built "
            "before, and those unfinished go on with its weights: if networks differ, undo the edit, or begin a new "
            "search.",
            begun,
        )
    layout.root.write_whole(CODE, code)


def space_code(reference: str | None, given: object | None) -> bytes | None:
    """Return what names the code of a ``module:object``, or of the object ``given``; None of the built-in space.

    Lines of comments and blank ones do not count. Of what a notebook defines it is the function or class itself, not
    what that calls; of a lambda nothing is known.
    """
    sources = {} if reference is None else _given_sources(given) if given is not None else _sources(reference)
    if not sources:
        return None
    said = "\n".join(f"{name} {_without_comments(source)}" for name, source in sorted(sources.items()))
    return sha256(said.encode()).hexdigest().encode()


def _sources(reference: str) -> dict[str, bytes]:
    return space_sources(reference, but=PACKAGES)


def _given_sources(given: object) -> dict[str, bytes]:
    while isinstance(given, partial):
        given = given.func
    kind = given if inspect.isroutine(given) or inspect.isclass(given) else type(given)
    if getattr(kind, "__name__", "") == "<lambda>":  # its text is all that stands on its lines
        return {}
    if kind.__module__ != "__main__":
        return _sources(kind.__module__)
    with contextlib.suppress(OSError, TypeError):  # typed at a prompt: nobody has its text
        return {kind.__qualname__: dedent(inspect.getsource(kind)).encode()}
    return {}


def _without_comments(source: bytes) -> str:
    lines = (line.rstrip() for line in source.decode("utf-8", "backslashreplace").splitlines())
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
