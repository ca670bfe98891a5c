"""What a node has: measured there, judged by who asked. Importing this takes neither TensorFlow nor Ray."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cluster.nodes.late import NO_ANSWER, SLOW_SECONDS, Asked
from cluster.nodes.limits import Limits
from cluster.nodes.memory import NodeMemory
from cluster.token import has_token, token_file
from datasets import Folder, StorageError, bytes_to_fetch, cache_folder, locate_dataset, open_folder, probe, usable_cpus

_GPU_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
_PROCESSES = Path("/proc")
_SHARED_MEMORY = "/dev/shm"


DRIVER = "driver"
"""What the driver calls its file among the probes; the nodes call theirs by Ray's ids."""


@dataclass(frozen=True)
class Request:
    """What to look at beside the node itself.

    Attributes:
        storage: Where searches are kept, a whole path or URI; None if it was not given.
        probes: Name of the folder in it into which each writes a file.
        dataset: A dataset, a whole path or URI; None if none was given.
    """

    storage: str | None = None
    probes: str = ""
    dataset: str | None = None

    @property
    def probed(self) -> Folder | None:
        """The folder in the storage, opened, which may take long. Raises StorageError where it cannot be."""
        return None if self.storage is None else open_folder(self.storage).child(self.probes)


_LOOKS, _LOOK_SECONDS = 5, 0.4
"""How often a probe is looked for that may be seen late, and how long after one another."""
_LOOKS_FOR_OTHERS = 2 * _LOOKS
"""How often other nodes' probes are: they look as often, and may have begun later."""


@dataclass(frozen=True)
class Storage:
    """The storage, as a node has it.

    Attributes:
        refused: Why an operation went wrong, for each that did.
        has_drivers: Whether the file is there that the driver has written.
        is_silent: Whether it has not answered at all.
        made: The folders that were not there before, the storage's own and those above it, the lowest first.
    """

    refused: Mapping[str, str]
    has_drivers: bool = False
    is_silent: bool = False
    made: tuple[str, ...] = ()


@dataclass(frozen=True)
class Token:
    """Ray's token for the user who runs this process.

    Attributes:
        place: Where it is looked for: a file, or a variable of the environment.
        mode: The file's permissions; None for a variable, or where there is no file.
        is_there: Whether there is one.
        is_required: Whether this process was started to speak to a Ray with a token alone.
    """

    place: str
    mode: int | None
    is_there: bool
    is_required: bool


@dataclass(frozen=True)
class Space:
    """Room on a disk or in shared memory, in bytes; ``fault`` is why none can be told, in one line."""

    place: str
    free: int = 0
    total: int = 0
    fault: str | None = None


@dataclass(frozen=True)
class Facts:
    """A node as it is now.

    Attributes:
        host: Its name.
        token: Ray's token.
        storage: The storage; None if it was not asked for.
        dataset: The dataset's fingerprint, and the bytes of it that are still to be fetched to this node; a text says
            why there is none; None if it was not asked for.
        temporary: Room for temporary files.
        cache: Room for copies of datasets.
        shared_memory: Room in /dev/shm.
        memory: The memory of the node, or of its group; None where the system does not say.
        gpus: Name and memory in bytes of each GPU; a text says why they cannot be asked, None that there is no driver.
        limits: Those of this process and user.
        cpus: How many CPUs this process may use.
    """

    host: str
    token: Token
    storage: Storage | None
    dataset: tuple[str, int] | str | None
    temporary: Space
    cache: Space
    shared_memory: Space
    memory: NodeMemory | None
    gpus: tuple[tuple[str, int], ...] | str | None
    limits: Limits
    cpus: int


def gather(request: Request, name: str = DRIVER) -> Facts:
    """Measure this node. It writes the file ``name`` among the probes, and takes about 4 s at most."""
    temporary = tempfile.gettempdir()
    storage = request.storage and Asked(
        partial(_storage, request, name), lambda fault: Storage({"write": fault}, is_silent=fault == NO_ANSWER)
    )
    dataset = request.dataset and Asked(partial(_dataset, request.dataset), str)
    gpus = Asked(_gpus, str)
    disks = [
        Asked(partial(_space, temporary), lambda fault: Space(temporary, fault=fault)),
        Asked(_cache, lambda fault: Space("the cache", fault=fault)),
        Asked(partial(_space, _SHARED_MEMORY), lambda fault: Space(_SHARED_MEMORY, fault=fault)),
    ]
    deadline = time.monotonic() + SLOW_SECONDS
    return Facts(
        host=socket.gethostname(),
        token=_token(),
        storage=storage.answer(deadline) if storage else None,
        dataset=dataset.answer(deadline) if dataset else None,
        temporary=disks[0].answer(deadline),
        cache=disks[1].answer(deadline),
        shared_memory=disks[2].answer(deadline),
        memory=NodeMemory.now(),
        gpus=gpus.answer(deadline),
        limits=Limits.now(),
        cpus=usable_cpus(),
    )


def _token() -> Token:
    # As it was when the process began: importing this project has set it since.
    began_with = (_PROCESSES / "self" / "environ").read_bytes().split(b"\0") if _PROCESSES.is_dir() else []
    is_required = b"RAY_AUTH_MODE=token" in began_with
    if os.environ.get("RAY_AUTH_TOKEN"):
        return Token("$RAY_AUTH_TOKEN", None, True, is_required)
    file = token_file()
    try:
        return Token(str(file), file.stat().st_mode & 0o777, has_token(), is_required)
    except OSError:
        return Token(str(file), None, False, is_required)


def _storage(request: Request, name: str) -> Storage | None:
    probes = request.probed
    if probes is None:
        return None
    above = () if probes.local is None else probes.local.parents
    made = tuple(str(folder) for folder in above if not os.path.exists(folder))  # noqa: PTH110  # no error
    refused = probe(probes, name)
    has_drivers = not refused and is_there(probes, DRIVER)
    if not has_drivers:  # nobody else sees it
        with contextlib.suppress(StorageError):
            sweep(probes, made)
    return Storage(refused, has_drivers, made=made)


def sweep(probes: Folder, made: Sequence[str]) -> None:
    """Remove the probes, and the folders that were made for them where nothing else has come into them since.

    Other nodes that share the folder with this one, and found it there, have probes in it still, or again.
    """
    probes.delete_tree()
    for folder in made:
        with contextlib.suppress(OSError):
            for _ in range(_LOOKS_FOR_OTHERS):
                if probes.local is None or os.listdir(folder) != [probes.local.name]:  # noqa: PTH208  # as a list
                    break
                time.sleep(_LOOK_SECONDS)
            Path(folder).rmdir()


def is_there(probes: Folder, name: str) -> bool:
    """Whether somebody's file is among the probes, now or within two seconds: it may be seen late."""
    for _ in range(_LOOKS):
        if probes.exists(name):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _dataset(location: str) -> tuple[str, int] | str:
    info = locate_dataset(location)
    return info.fingerprint, bytes_to_fetch(info)


def _gpus() -> tuple[tuple[str, int], ...] | str | None:
    if shutil.which(_GPU_QUERY[0]) is None:
        return None
    done = subprocess.run(_GPU_QUERY, capture_output=True, text=True, check=False, timeout=SLOW_SECONDS)
    if done.returncode != 0:
        return f"{_GPU_QUERY[0]}: {(done.stdout + done.stderr).strip().partition(os.linesep)[0]}"
    lines = (line.rpartition(",") for line in done.stdout.splitlines() if line.strip())
    return tuple((name.strip(), 2**20 * int(size) if size.strip().isdigit() else 0) for name, _, size in lines)


def _cache() -> Space:
    return _space(str(cache_folder()))


def _space(place: str) -> Space:
    usage = shutil.disk_usage(place)
    return Space(place, usage.free, usage.total)
