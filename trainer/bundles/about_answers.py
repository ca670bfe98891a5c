"""What a table of answers says of them all, in its metadata: by which model they are, and how a class was named."""

import json
from collections.abc import Collection, Mapping
from importlib.metadata import version

from datasets import SAID_OF_ANSWERS, in_ascii
from trainer.answering.decision import Decide
from trainer.answering.selective import MAX_ERROR
from trainer.bundles.manifest import Manifest

_COLUMNS = ("class", "sure", "novelty", "error")
"""By which the answers of a model are known in a table, all behind one prefix."""


def about_answers(manifest: Manifest, model: str, decide: Decide, max_error: float | None) -> dict[str, str]:
    """Return what a table of answers says of them all, by keys without a prefix (see `AnswerTable.saying`).

    ``decide`` and ``max_error`` are those of `trainer.Classifier.classify`; ``model`` is where the bundle is, and
    ``model_mark`` tells it from any other, wherever it is. The class named is the one with the largest probability ×
    its factor in ``decide_factors``, JSON; 1 where it has none. ``max_error`` is there only where it can be promised,
    and ``interim`` only of a trial's model that was not tested: see `Manifest`.
    """
    trust = manifest.trust
    is_promised = trust is not None and (max_error is not None or trust.sure_from.get(decide.value) is not None)
    promised = {"max_error": f"{MAX_ERROR if max_error is None else max_error:g}"} if is_promised else {}
    return {
        "model": model,
        "model_mark": manifest.mark,
        "dataset_fingerprint": manifest.dataset_fingerprint,
        "decide": str(decide),
        "decide_factors": json.dumps(dict(manifest.points()[decide]), ensure_ascii=False),
        **promised,
        **({"interim": "true"} if manifest.interim else {}),
        "program": f"galaxy-tuner {version('galaxy-tuner')}",
    }


def said_of_answers(said: Mapping[str, str], names: Collection[str], prefix: str) -> Mapping[str, str] | None:
    """Return what a table says of the answers behind a prefix, by keys without it; nothing where it says nothing.

    ``said`` is its metadata, ``names`` are those of its columns. Earlier versions had one set of keys, without the
    prefix, in any table: it is of the only answers that say nothing else. None where those are several.
    """
    for start in (prefix, in_ascii(prefix)):
        if start and (found := _behind(said, start)):
            return found
    others = {name.removesuffix("class") for name in names if name.endswith("class")}
    answers = {start for start in others if all(f"{start}{column}" in names for column in _COLUMNS)}
    untold = {start for start in answers if not start or not _behind(said, start)} | {in_ascii(prefix)}
    plain = _behind(said, "")
    return None if plain and len({in_ascii(start) for start in untold}) > 1 else plain


def _behind(said: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key: said[f"{prefix}{key}"] for key in SAID_OF_ANSWERS if f"{prefix}{key}" in said}
