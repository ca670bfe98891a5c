"""Whether a node is as trials need it, by what it said of itself: each bound with its reason."""

import getpass
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cluster.nodes.checks import Check
from cluster.nodes.facts import Facts, Request, Space, Token
from cluster.nodes.late import SILENCE
from cluster.nodes.memory import TRIAL_BYTES, gigabytes
from datasets import few, lacking, permissions

_SLOW = "a search waits for it, but goes on slowly: see what is between them"
CLOCK_SECONDS = 5.0
"""A driver beats every 5 s, and by the clock of whoever looks counts as dead 60 s after (search.ledger.heartbeat): what
is within a beat changes nothing. S3 refuses requests that are 15 minutes off."""
TEMPORARY_BYTES = 10**9
"""Ray's logs, of which each process keeps up to 500 MB, and the checkpoints that are on their way to the storage."""
SHARED_MEMORY_BYTES = 200 * 2**20
"""What Ray keeps objects in: as much as a Ray of our own is given. Where it is full, processes end by SIGBUS."""
OPEN_FILES = 4096
"""Fewer are too few, says Ray 2.60 itself as it starts; a trial of one CPU has 45 open, a raylet about 10 a worker."""
THREADS_OF_RAY, THREADS_OF_TRIAL = 250, 64
"""A node's own processes of Ray have 150, a trial of one CPU 32 (measured on two cores; with more there are more)."""
_BEFORE = " before Ray is started there"


@dataclass(frozen=True)
class Seen:
    """What others see of a node.

    Attributes:
        gpus: How many Ray was told that it has; None without Ray.
        shares_storage: Whether node and driver read what the other has written; None where that was not tried.
        offset: Seconds that its clock is ahead of the driver's; None where that was not measured.
        within: How many seconds that may be wrong by.
    """

    gpus: float | None = None
    shares_storage: bool | None = None
    offset: float | None = None
    within: float = 0.0


def judge(node: str, facts: Facts, seen: Seen, request: Request, *, fingerprint: str | None) -> Iterator[Check]:
    """Yield a check of each thing that was looked at on ``node``.

    ``fingerprint`` is the dataset's as the driver found it, None where it found none.
    """
    see = _Judge(node)
    yield see.token(facts.token, seen)
    if facts.storage is not None:
        yield see.storage(facts.storage.refused, seen, request.storage or "")
    lacking = 0
    if facts.dataset is not None:
        yield see.dataset(facts.dataset, fingerprint, request.dataset or "")
        lacking = facts.dataset[1] if isinstance(facts.dataset, tuple) else 0
    yield see.space("temporary files", facts.temporary, TEMPORARY_BYTES, "make room, or name another disk in $TMPDIR")
    # Without a dataset nothing is known of what it will hold.
    yield see.space("dataset cache", facts.cache, lacking, "make room, or name another disk in $GALAXY_CACHE")
    yield see.space("/dev/shm", facts.shared_memory, SHARED_MEMORY_BYTES, "make room there; for Docker, --shm-size=1g")
    if facts.memory is not None:
        left = facts.memory.left
        found = f"{gigabytes(max(0, left))} left of {gigabytes(facts.memory.limit)}"
        yield see.least(
            "memory", left, TRIAL_BYTES, found, "end other programs there: no trial has room", write=gigabytes
        )
    yield see.gpus(facts.gpus, seen)
    if seen.offset is not None:
        yield see.clock(seen.offset, seen.within)
    files, more = facts.limits.files, facts.limits.more_processes
    found = "no limit" if files is None else f"{files:,} a process"
    yield see.least("open files", files, OPEN_FILES, found, "`ulimit -n 65536`" + _BEFORE, write=_counted)
    threads = THREADS_OF_RAY + THREADS_OF_TRIAL * facts.cpus
    found = "no limit" if more is None else f"{more:,} more may be started"
    advice = "raise `ulimit -u`, or the container's limit," + _BEFORE
    yield see.least("processes", more, threads, found, advice, write=_counted)


class _Judge:
    """Makes the checks of one node."""

    def __init__(self, node: str) -> None:
        self._node = node

    def _well(self, check: str, found: str, margin: float | None = None) -> Check:
        return Check(self._node, check, True, found, margin=margin)

    def _fault(self, check: str, found: str, advice: str, *, is_grave: bool = False) -> Check:
        return Check(self._node, check, False, found, advice, is_grave)

    def token(self, token: Token, seen: Seen) -> Check:
        """Ray's token: there, for its user alone, and asked for by the Ray of the node."""
        if not token.is_there:
            if seen.gpus is None:
                return self._well("token", "none yet: it is made for the first Ray")
            return self._fault("token", f"none in {token.place}", "copy the driver's there, with mode 0600")
        if seen.gpus is not None and not token.is_required:
            advice = "stop Ray there and start it with RAY_AUTH_MODE=token: else whoever reaches its ports runs code"
            return self._fault("token", "Ray was started there without it", advice)
        if token.mode is not None and token.mode & 0o077:
            found = f"others may read {token.place} (mode {token.mode:04o})"
            return self._fault("token", found, f"chmod 600 {token.place}, and make a new one: it may be known")
        return self._well("token", token.place + (f", mode {token.mode:04o}" if token.mode is not None else ""))

    def storage(self, refused: Mapping[str, str], seen: Seen, uri: str) -> Check:
        """The storage: all that a search does in it goes, and it is the one that the driver has."""
        enough = permissions(uri)
        if refused:
            by_reason: dict[str, list[str]] = {}
            for operation, why in refused.items():
                by_reason.setdefault(why, []).append(operation)
            found = "; ".join(f"{', '.join(operations)}: {why}" for why, operations in by_reason.items())
            if _is_slow(uri, *refused.values()):
                return self._fault("storage", found, _SLOW)
            return self._fault("storage", found, _for_storage(uri, refused), is_grave=True)
        if seen.shares_storage is False:
            advice = "name the same one there" if enough else "mount the same one there, under the same path"
            return self._fault("storage", "another one than the driver's", advice, is_grave=True)
        can = f"{', '.join(enough)} are there, and enough" if enough else "writable"
        return self._well("storage", can + ("; the same as the driver's" if seen.shares_storage else ""))

    def dataset(self, found: tuple[str, int] | str, expected: str | None, uri: str) -> Check:
        """The dataset: reachable from the node, whole, and the driver's."""
        if isinstance(found, str):
            if _is_slow(uri, found):
                return self._fault("dataset", found, _SLOW)
            advice = "have it under the same path on every node, or in an object store"
            return self._fault("dataset", found, advice, is_grave=True)
        fingerprint, lacking = found
        if expected not in (None, fingerprint):
            text = f"fingerprint {fingerprint[:8]}… instead of the driver's {expected[:8]}…"
            return self._fault("dataset", text, "have the same dataset at that place on every node", is_grave=True)
        still = f", {gigabytes(lacking)} still to fetch" if lacking else ""
        return self._well("dataset", f"fingerprint {fingerprint[:8]}…{still}")

    def gpus(self, found: tuple[tuple[str, int], ...] | str | None, seen: Seen) -> Check:
        """The GPUs that the driver of the node's GPUs sees, and what Ray was told."""
        told = seen.gpus or 0.0
        if isinstance(found, str):
            return self._fault("GPUs", found, "mend the GPUs' driver there")
        there = found or ()
        if told > len(there):
            text = f"{len(there)}, but Ray was told of {told:g}"
            return self._fault("GPUs", text, "start Ray there with --num-gpus=" + str(len(there)))
        kinds = few([f"{name} of {gigabytes(size)}" for name, size in there]) if there else "none"
        unused = f", of which Ray was told of {told:g}" if seen.gpus is not None and told < len(there) else ""
        return self._well("GPUs", kinds + unused)

    def clock(self, offset: float, within: float) -> Check:
        """The clock, by the driver's."""
        found = f"{abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} the driver's"
        if abs(offset) - within > CLOCK_SECONDS:
            return self._fault("clock", found, "synchronise the nodes' clocks, as by chrony")
        is_told = abs(offset) > max(within, 0.1)
        return self._well(
            "clock",
            found if is_told else f"the driver's within {max(within, 0.1):.1f} s",
            CLOCK_SECONDS / max(abs(offset), within, 0.1),
        )

    def space(self, check: str, space: Space, needed: int, advice: str) -> Check:
        """Room on a disk."""
        if space.fault is not None:
            return self._fault(check, f"{space.place}: {space.fault}", advice)
        found = f"{gigabytes(space.free)} free of {gigabytes(space.total)} in {space.place}"
        return self.least(check, space.free, needed, found, advice, write=gigabytes)

    def least(
        self, check: str, there: int | None, needed: int, found: str, advice: str, *, write: Callable[[int], str]
    ) -> Check:
        """Whether there is as much as is needed, which ``write`` puts in words; None is without limit."""
        if there is not None and there < needed:
            return self._fault(check, f"{found}, expected {write(needed)} at least", advice)
        return self._well(check, found, None if there is None else there / max(1, needed))


def _is_slow(uri: str, *faults: str) -> bool:
    """Whether an object store has only not answered in time; a folder that does not may hold up its node for ever."""
    return bool(permissions(uri)) and all(fault.startswith(SILENCE) for fault in faults)


def _for_storage(uri: str, refused: Mapping[str, str]) -> str:
    if missing := lacking(uri, refused):
        return f"allow {', '.join(missing)} there"
    if permissions(uri):
        return "see that Ray was started there with credentials for it, and with a way to it"
    return f"mount it there, writable for {_user()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


def _counted(number: int) -> str:
    return f"{number:,}"
