"""A model card: what a bundle is for, what it was made of, how good it is and what it must not be trusted with.

The sections of `card.md.jinja` are those of Mitchell et al. 2019 (arXiv:1810.03993) that can be filled in from
`bundle.json` alone.
"""

import json
import re
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from trainer.bundles.choice import choice_lines
from trainer.bundles.limits import limit_lines
from trainer.bundles.manifest import INTERIM, Manifest
from trainer.bundles.of_none import HALF, ToldOfNone, told_of_split
from trainer.scores import share_with_interval


def model_card(manifest: Manifest) -> str:
    """Return the card as Markdown."""
    configurations = {_json(member.hyperparameters) for member in manifest.members}
    several = len(configurations) < len(manifest.members)
    return _TEMPLATES.get_template("card.md.jinja").render(
        manifest=manifest,
        limits=limit_lines(manifest),
        several=several,
        choice=choice_lines(manifest),
        of_none=_of_none(manifest),
    )


def _of_none(manifest: Manifest) -> Mapping[str, object] | None:
    """Return what the card says of galaxies of no class; None where the model was shown none."""
    record, split = manifest.none, told_of_split(manifest)
    told = ToldOfNone.of_bundle(manifest, split)
    if record is None or told is None:
        return None
    share = HALF if record.share is None else record.share
    return {
        "record": record,
        "split": split,
        "share": share,
        "is_given": record.share is not None,
        "alarms": told.alarms(),
        "purities": told.purities(share),
    }


def _plain(text: str) -> str:
    """Keep a name from being read as Markdown or HTML, where it could be."""
    return re.sub("`", r"\\`", _prose(text))


def _prose(text: str) -> str:
    """Keep what names a sentence has from being read so, but for the code in it."""
    return re.sub(r"([\\*_<>|\[\]#&~])", r"\\\1", " ".join(text.split()))


def _json(values: Mapping[str, object]) -> str:
    """Write values as JSON. Jinja's own `tojson` writes `<` as a number, as pages must, and cards need not."""
    return json.dumps(dict(values), indent=2, ensure_ascii=False, default=str)


_TEMPLATES = Environment(
    loader=PackageLoader("trainer.bundles", ""), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
)
_TEMPLATES.filters.update(percent=lambda share: "–" if share is None else f"{100 * share:.1f} %")
_TEMPLATES.globals.update(share=share_with_interval, interim=INTERIM)
_TEMPLATES.filters.update(plain=_plain, prose=_prose, json=_json)
