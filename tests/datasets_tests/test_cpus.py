"""How many CPUs a process may use: those of its machine, of its affinity, of its container."""

import os
from pathlib import Path

import pytest

from datasets import cpus, usable_cpus

_MANY = 64


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "max 100000\n"}, _MANY),
        ("0::/\n", {"cpu.max": "400000 100000\n"}, 4),
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/job/step\n", {"job/cpu.max": "300000 100000\n", "job/step/cpu.max": "max 100000\n"}, 3),
        ("1:cpu:/\n0::/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, _MANY),
        (
            "4:cpu,cpuacct:/docker/a\n2:cpuset:/\n",
            {"cpu,cpuacct/docker/a/cpu.cfs_quota_us": "200000\n", "cpu,cpuacct/docker/a/cpu.cfs_period_us": "100000\n"},
            2,
        ),
        # In a container the path may be the host's, and the folder its own.
        ("0::/docker/a\n", {"cpu.max": "200000 100000\n"}, 2),
        ("", {}, _MANY),
    ],
)
def test_a_container_has_those_of_its_limit(
    own: str, files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text)
    (tmp_path / "own").write_text(own)
    monkeypatch.setattr(cpus, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(cpus, "_OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(_MANY)), raising=False)
    assert usable_cpus() == expected


def test_an_affinity_counts_before_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_shares", lambda: iter([8.0]))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert usable_cpus() == 1
