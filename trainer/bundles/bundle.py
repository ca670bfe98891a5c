"""A bundle: the trained models with all that is needed to classify with them, as files in one folder.

`bundle.json` is what makes a folder a bundle: it names the model files and their hashes. Model files are named by their
content and written first, so that a bundle changes from the old one to the new one in a single replacement. Those of
the one before stay until the next replacement: who has read its `bundle.json` finds them.
"""

import hashlib
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

from datasets import Folder, few, open_folder
from trainer.answering.decision import Decide
from trainer.answering.limits import Trust, unpacked
from trainer.answering.novelty import FALSE_ALARMS
from trainer.answering.selective import MAX_ERROR
from trainer.bundles.card import model_card
from trainer.bundles.hashes import Hashes, packed_hashes, unpacked_hashes
from trainer.bundles.held_out import HeldOut
from trainer.bundles.keeping import PackedModel, pack_model, unpack_model
from trainer.bundles.manifest import CARD, FILE, Manifest, SeenRecord, TrustRecord, read_manifest
from trainer.bundles.registered import missing_modules
from trainer.errors import BundleError, InfeasibleError, one_line
from trainer.frameworks import keras

Result = TypeVar("Result")
_NAMED_BY_CONTENT = re.compile(r"model-.*\.keras|trust-.*\.npz|seen-.*\.npy|held-out-.*\.npz")


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle: ``models`` are in the order of ``manifest.members`` and not compiled.

    ``trust`` is None where the bundle says nothing of its limits, as older ones do. ``seen``, uint64 (n,), ascending,
    has the `row_hashes` of the images that its members were trained or chosen on; None where it does not say.
    """

    uri: str
    manifest: Manifest
    models: tuple[keras.Model, ...]
    trust: Trust | None = None
    seen: Hashes | None = None


def write_bundle(
    folder: Folder,
    models: Sequence[keras.Model | PackedModel],
    manifest: Manifest,
    trust: Trust | None = None,
    seen: Hashes | None = None,
    held_out: HeldOut | None = None,
) -> Manifest:
    """Write ``models``, in the order of ``manifest.members``, whole or not at all, in the place of an older bundle.

    The files of the one that it replaces stay, those of older ones are removed. One process at a time may write.

    Returns the manifest as written: with its ``files``, ``trust``, ``seen``, ``held_out`` and ``modules``.

    Raises:
        BundleError: A model cannot be loaded again in Keras's safe mode (an unregistered layer, a lambda).
        StorageError: The folder cannot be written.
    """
    if len(models) != len(manifest.members):
        raise ValueError(f"a model for each member is needed, but got {len(models)} for {len(manifest.members)}")
    side = manifest.preprocessing.image_size
    files, contents, modules = {}, {}, set[str]()
    for index, (model, member) in enumerate(zip(models, manifest.members, strict=True)):
        try:
            packed = model if isinstance(model, PackedModel) else pack_model(model, (side, side, 3))
        except InfeasibleError as error:
            raise BundleError(f"{member.name}: {error}") from error
        modules.update(packed.modules)
        digest = hashlib.sha256(packed.data).hexdigest()
        name = f"model-{index}-{digest[:12]}.keras"
        files[name], contents[name] = digest, packed.data
    manifest = replace(manifest, files=files, trust=None, seen=None, held_out=None, modules=tuple(sorted(modules)))
    if trust is not None:
        data = trust.packed()
        limits = _describe_trust(trust, hashlib.sha256(data).hexdigest(), manifest)
        manifest, contents[limits.file] = replace(manifest, trust=limits), data
    if seen is not None:
        data = packed_hashes(seen)
        digest = hashlib.sha256(data).hexdigest()
        record = SeenRecord(f"seen-{digest[:12]}.npy", digest, len(seen))
        manifest, contents[record.file] = replace(manifest, seen=record), data
    if held_out is not None:
        data = held_out.packed()
        kept_answers = held_out.record(data)
        manifest, contents[kept_answers.file] = replace(manifest, held_out=kept_answers), data
    kept = contents.keys() | _files_now(folder)
    for name, data in contents.items():
        folder.write_whole(name, data)
    folder.delete(CARD)  # who is killed before the new one is there leaves none, not that of another bundle
    folder.write_whole(FILE, manifest.as_document())
    folder.write_whole(CARD, model_card(manifest).encode())
    for name in folder.names():
        if _NAMED_BY_CONTENT.fullmatch(name) and name not in kept:
            folder.delete(name)
    folder.sweep()
    return manifest


def _files_now(folder: Folder) -> set[str]:
    """Return the files of the bundle that is there; none where there is none that can be read."""
    try:
        return set(read_manifest(folder).named_files)
    except BundleError:
        return set()


def _describe_trust(trust: Trust, digest: str, manifest: Manifest) -> TrustRecord:
    return TrustRecord(
        file=f"trust-{digest[:12]}.npz",
        sha256=digest,
        images=len(trust.answers[Decide.ACCURACY].right) if manifest.none is None else manifest.none.images,
        max_error=MAX_ERROR,
        sure_from={decide.value: trust.threshold(decide, None) for decide in trust.answers},
        false_alarms=None if trust.novelty is None else FALSE_ALARMS,
    )


_NO_MODEL = (ValueError, TypeError, OSError, KeyError, AttributeError, RecursionError, BadZipFile)
"""What Keras raises over a file that is none of its models."""


def load_bundle(location: str | Path | Folder) -> Bundle:
    """Load a bundle; where it is being replaced, the old or the new one. No code that it holds is run (safe mode).

    Raises:
        BundleError: It is not a bundle, of another version, a file is missing or changed, or a module that it needs is
            not imported.
        StorageError: The location cannot be read.
    """
    folder = open_folder(location)
    manifest = read_manifest(folder)
    while True:
        try:
            return _load(folder, manifest)
        except BundleError:
            newer = read_manifest(folder)
            if newer == manifest:
                raise
            manifest = newer  # it was replaced more than once meanwhile


def _load(folder: Folder, manifest: Manifest) -> Bundle:
    models = []
    for (name, digest), member in zip(manifest.files.items(), manifest.members, strict=True):
        data = _read_checked(folder, name, digest)
        try:
            models.append(unpack_model(data))
        except _NO_MODEL as error:
            _name_missing(folder.uri, manifest, data)
            raise BundleError(
                f"{folder.child(name).uri!r} cannot be loaded as the model {member.name!r}: expected one that Keras "
                f"loads in safe mode, found {one_line(error)}"
            ) from error
        _check_fits(models[-1], manifest, folder.child(name).uri)
    return Bundle(folder.uri, manifest, tuple(models), _load_trust(folder, manifest), _load_seen(folder, manifest))


def _check_fits(model: keras.Model, manifest: Manifest, path: str) -> None:
    """Raise BundleError where a model is for other images or classes, as far as it says: one of a user's need not."""
    side, classes = manifest.preprocessing.image_size, len(manifest.classes)
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    for shape, expected in zip(shapes, ((None, side, side, 3), (None, classes)), strict=True):
        if isinstance(shape, tuple) and not _agrees(shape, expected):
            raise BundleError(
                f"{path!r} does not fit {FILE}: expected a model from images {(side, side, 3)} to {classes} classes, "
                f"found one from {shapes[0]} to {shapes[1]}"
            )


def _agrees(shape: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    pairs = zip(shape, expected, strict=False)
    return len(shape) == len(expected) and all(one is None or other is None or one == other for one, other in pairs)


def _name_missing(uri: str, manifest: Manifest, data: bytes) -> None:
    """Raise BundleError if modules that a model needs are not imported; bundles of before do not name them."""
    missing = [module for module in manifest.modules if module not in sys.modules] or missing_modules(data)
    if missing:
        options = " ".join(f"--module {module}" for module in missing)
        raise BundleError(
            f"{uri!r} holds a model of classes that are registered in {few(missing)}, and nothing is imported "
            f"unasked: give galaxy {options} where that can be imported (from Python: import it first)"
        )


def _load_trust(folder: Folder, manifest: Manifest) -> Trust | None:
    record = manifest.trust
    return None if record is None else _unpacked(folder, record.file, record.sha256, unpacked)


def _load_seen(folder: Folder, manifest: Manifest) -> Hashes | None:
    record = manifest.seen
    return None if record is None else _unpacked(folder, record.file, record.sha256, unpacked_hashes)


def _unpacked(folder: Folder, name: str, digest: str, unpack: Callable[[bytes], Result]) -> Result:
    try:
        return unpack(_read_checked(folder, name, digest))
    except (ValueError, KeyError, OSError, BadZipFile) as error:
        raise BundleError(
            f"{folder.child(name).uri!r} cannot be read: expected arrays of this version, found {one_line(error)}"
        ) from error


def _read_checked(folder: Folder, name: str, digest: str) -> bytes:
    path = folder.child(name).uri
    data = folder.read_if_there(name)
    if data is None:
        raise BundleError(f"{path!r} is missing: expected the file that {FILE} names, found none")
    actual = hashlib.sha256(data).hexdigest()
    if actual != digest:
        raise BundleError(f"{path!r} has changed since it was written: expected SHA-256 {digest}, found {actual}")
    return data
