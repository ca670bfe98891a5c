"""What was answered for images that no network was trained on that answered, as a bundle's file keeps it.

From these it is learnt what the answers to a catalogue say of its mix of classes (`trainer.counting`).
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Folder
from trainer.bundles.manifest import FILE, HeldOutRecord, Manifest
from trainer.errors import BundleError, one_line


@dataclass(frozen=True)
class HeldOut:
    """Classes and answers: ``true``, int64 (n,), and ``probabilities``, float32 (n, classes), calibrated.

    A galaxy that is known to be of none of the classes has the number of classes as ``true``. No image is there twice.
    """

    true: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.probabilities.ndim != 2 or len(self.true) != len(self.probabilities):
            raise ValueError(f"expected a class a row, got {self.true.shape} and {self.probabilities.shape}")

    @property
    def has_none(self) -> bool:
        """Whether galaxies of none of the classes are among them."""
        return bool((self.true == self.probabilities.shape[1]).any())

    def with_none(self, probabilities: npt.NDArray[np.float32]) -> "HeldOut":
        """Return them with answers, (m, classes), to galaxies of none of the classes."""
        of_none = np.full(len(probabilities), self.probabilities.shape[1])
        return HeldOut(
            np.concatenate([self.true, of_none]), np.concatenate([self.probabilities, probabilities], dtype=np.float32)
        )

    def packed(self) -> bytes:
        """Return it as the content of an `.npz` file without pickles."""
        stream = io.BytesIO()
        np.savez_compressed(stream, true=self.true.astype(np.uint16), probabilities=self.probabilities)
        return stream.getvalue()

    def record(self, data: bytes) -> HeldOutRecord:
        """Describe the file that has ``data``, which `packed` gave."""
        digest = hashlib.sha256(data).hexdigest()
        return HeldOutRecord(f"held-out-{digest[:12]}.npz", digest, len(self.true))


def read_held_out(folder: Folder, manifest: Manifest) -> HeldOut:
    """Read what a bundle keeps of its held-out answers, without its networks.

    Raises BundleError where it keeps none, as older bundles do, or the file is missing or has changed.
    """
    record = manifest.held_out
    if record is None:
        raise BundleError(
            f"{folder.uri!r} cannot count: it was made before answers to held-out images were kept; train it again"
        )
    path = folder.child(record.file).uri
    data = folder.read_if_there(record.file)
    if data is None:
        raise BundleError(f"{path!r} is missing: expected the file that {FILE} names, found none")
    found = hashlib.sha256(data).hexdigest()
    if found != record.sha256:
        raise BundleError(f"{path!r} has changed since it was written: expected SHA-256 {record.sha256}, found {found}")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return HeldOut(arrays["true"].astype(np.int64), arrays["probabilities"])
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"{path!r} cannot be read: expected arrays of this version, found {one_line(error)}"
        ) from error
