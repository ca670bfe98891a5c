"""A bundle: the trained models with all that is needed to classify with them, as files in one folder.

`bundle.json` is what makes a folder a bundle: it names the model files and their hashes. Model files are named by their
content and written first, so that a bundle changes from the old one to the new one in a single replacement.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from datasets import Folder, open_folder
from trainer.errors import BundleError, one_line
from trainer.manifest import FILE, Manifest, read_manifest


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle: ``models`` are in the order of ``manifest.members`` and not compiled."""

    uri: str
    manifest: Manifest
    models: tuple[keras.Model, ...]


def write_bundle(folder: Folder, models: Sequence[keras.Model], manifest: Manifest) -> Manifest:
    """Write ``models``, in the order of ``manifest.members``, whole or not at all; an older bundle goes at the end.

    Returns:
        The manifest as written: with its ``files``.

    Raises:
        BundleError: A model cannot be loaded again in Keras's safe mode (an unregistered layer, a Lambda).
        StorageError: The folder cannot be written.
    """
    if len(models) != len(manifest.members):
        raise ValueError(f"a model for each member is needed, but got {len(models)} for {len(manifest.members)}")
    packed = [_pack_model(model, manifest.members[index].name) for index, model in enumerate(models)]
    hashes = [hashlib.sha256(data).hexdigest() for data in packed]
    files = {f"model-{index}-{digest[:12]}.keras": digest for index, digest in enumerate(hashes)}
    manifest = replace(manifest, files=files)
    for name, data in zip(files, packed, strict=True):
        folder.write_whole(name, data)
    folder.write_whole(FILE, manifest.as_document())
    for name in folder.names():
        if name.startswith("model-") and name.endswith(".keras") and name not in files:
            folder.delete(name)
    return manifest


def load_bundle(location: str | Path | Folder) -> Bundle:
    """Load a bundle. No code that it holds is run (Keras's safe mode).

    Raises:
        BundleError: It is not a bundle, of another version, or a file is missing or changed.
        StorageError: The location cannot be read.
    """
    folder = location if isinstance(location, Folder) else open_folder(location)
    manifest = read_manifest(folder)
    models = []
    for (name, digest), member in zip(manifest.files.items(), manifest.members, strict=True):
        try:
            models.append(_unpack_model(_read_checked(folder, name, digest)))
        except (ValueError, TypeError, OSError) as error:
            raise BundleError(
                f"{folder.child(name).uri!r} cannot be loaded as the model {member.name!r}: expected one that Keras "
                f"loads in safe mode, found {one_line(error)}"
            ) from error
    return Bundle(folder.uri, manifest, tuple(models))


def _read_checked(folder: Folder, name: str, digest: str) -> bytes:
    path = folder.child(name).uri
    try:
        data = folder.read(name)
    except FileNotFoundError as error:
        raise BundleError(f"{path!r} is missing: expected the file that {FILE} names, found none") from error
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise BundleError(f"{path!r} has changed since it was written: expected SHA-256 {digest}, found {found}")
    return data


def _pack_model(model: keras.Model, name: str) -> bytes:
    """Return a `.keras` file without optimizer, which would triple it, once that has proved to load."""
    try:
        return _as_file(_unpack_model(_as_file(model)))
    except Exception as error:
        raise BundleError(
            f"the model {name!r} cannot be kept: expected one that Keras loads in safe mode, found {one_line(error)}"
        ) from error


def _as_file(model: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory(prefix="galaxy-model-") as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _unpack_model(data: bytes) -> keras.Model:
    with tempfile.TemporaryDirectory(prefix="galaxy-model-") as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(data)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
