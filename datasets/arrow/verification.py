"""Whether a dataset still is what was imported: every byte of its files, and what they say."""

from pathlib import Path

from datasets.arrow.dataset import Dataset, read_info
from datasets.arrow.description import DatasetInfo
from datasets.arrow.fingerprints import content_fingerprint
from datasets.arrow.node_cache import copy_on_node
from datasets.arrow.tables import damaged, missing
from datasets.errors import FormatError
from datasets.storage.checksums import Checksum, checksum_of
from datasets.storage.folders import Folder, open_folder, storage_errors


def verify_dataset(location: str | Path) -> DatasetInfo:
    """Read a whole dataset where it lies, and this node's copy if it is remote, and return its description.

    A dataset of an older version, which noted no checksums, is verified by its fingerprint alone.

    Raises:
        FormatError: it is damaged; names the damaged file with the expected and the found checksum.
        StorageError: it cannot be read.
    """
    folder = open_folder(location)
    info = read_info(folder)
    for name, expected in zip(info.shards, info.checksums, strict=False):
        try:
            found = _checksum(folder, name)
        except FileNotFoundError as error:
            raise missing(folder, name) from error
        if found != expected:
            raise damaged(folder, name, expected, found)
    if folder.local is None and info.checksums:
        copy_on_node(folder, info, recheck=True)
    fingerprint = content_fingerprint(Dataset.open(folder))
    if fingerprint != info.fingerprint:
        raise FormatError(
            f"'{folder.uri}' is damaged: expected the fingerprint {info.fingerprint}, found {fingerprint}; "
            "import it again"
        )
    return info


def _checksum(folder: Folder, name: str) -> Checksum:
    if folder.local is None:
        return checksum_of(folder.read(name))
    with storage_errors("read", folder.local / name):
        return checksum_of(folder.local / name)
