"""Exported models that lie beside their bundle, where others find them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from datasets import Folder
from trainer.bundles.manifest import FILE
from trainer.exporting.formats import FORMATS, ExportFormat


@dataclass(frozen=True)
class ExportedModel:
    """Where an exported model lies, or would.

    Attributes:
        format: of the model.
        path: of the file, or the folder of a SavedModel.
        size: bytes in all; None where there is none.
        is_older: whether the bundle was made anew since.
    """

    format: ExportFormat
    path: Path
    size: int | None
    is_older: bool = False


def exports_beside(bundle: Folder) -> list[ExportedModel]:
    """Look for exported models beside a bundle, by their usual names; none where it is not on this machine's disk."""
    if bundle.local is None:
        return []
    return [_found(bundle.local, format, form.suffix) for format, form in FORMATS.items()]


def remove_export(found: ExportedModel) -> None:
    """Delete an exported model, so that another can take its place; a missing one is fine. Raises OSError."""
    if found.path.is_dir():
        shutil.rmtree(found.path)
    else:
        found.path.unlink(missing_ok=True)


def _found(bundle: Path, format: ExportFormat, suffix: str) -> ExportedModel:
    path = bundle.with_name(bundle.name + suffix)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    if not files:
        return ExportedModel(format, path, None)
    made = max(file.stat().st_mtime for file in files)
    return ExportedModel(
        format, path, sum(file.stat().st_size for file in files), is_older=made < (bundle / FILE).stat().st_mtime
    )
