"""Several hosts on one machine: what each has of its own, what they share, and that nothing of them is left."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts import Host, LabError, lab
from hosts.host import command_line, waited

_MAKER = """
import time
from hosts import lab
with lab("one") as hosts:
    print(hosts["one"].run("echo up").stdout, end="", flush=True)
    time.sleep(60)
"""
pytestmark = pytest.mark.hosts


@pytest.fixture(scope="module")
def pair() -> Iterator[list[Host]]:
    with lab("one", "two") as hosts:
        yield [*hosts]


def test_each_has_its_own_name_files_and_processes(pair: list[Host]) -> None:
    one, two = pair
    one.run("hostname > name; echo > /dev/shm/own")
    assert (one.root / "home/astro/name").read_text() == "one\n"
    assert two.run("ls name /dev/shm/own", check=False).returncode != 0
    one.run("echo for all > /shared/file")
    assert two.run("cat /shared/file").stdout == "for all\n"
    sleeping = one.start("exec sleep 7351")
    assert waited(lambda: [process.command for process in one.processes("sleep")] == ["sleep 7351"], 10)
    assert two.processes() == []
    sleeping.send(signal.SIGTERM)
    assert sleeping.wait(10) == -signal.SIGTERM


def test_the_first_alone_reaches_the_others_by_name_and_no_packet_leaves(pair: list[Host]) -> None:
    one, two = pair
    assert one.run("ssh two hostname").stdout == "two\n"
    assert "Permission denied" in two.run("ssh one hostname", check=False).stderr
    assert "No route to host" in one.run("exec 3<>/dev/tcp/192.0.2.1/80", check=False).stderr


def test_the_checkout_on_each_is_set_up_and_its_own(pair: list[Host]) -> None:
    for host in pair:
        assert "Nothing to be done" in host.run("cd galaxy-tuner && make setup").stdout
        code = "import datasets, pyarrow; print(datasets.__file__)"
        found = host.run(f"cd galaxy-tuner && .venv/bin/python -c '{code}'").stdout
        assert found == "/home/astro/galaxy-tuner/datasets/__init__.py\n"
    assert "DATASET" in pair[0].run("cd galaxy-tuner && .venv/bin/galaxy import --help").stdout


def test_a_cut_link_loses_what_is_sent_until_it_is_healed(pair: list[Host]) -> None:
    one, two = pair
    two.cut()
    assert "timed out" in one.run("ssh -o ConnectTimeout=1 two hostname", check=False).stderr
    assert two.run("hostname").stdout == "two\n"
    two.heal()
    assert waited(lambda: one.run("ssh -o ConnectTimeout=1 two hostname", check=False).stdout == "two\n", 10)


def test_a_command_that_fails_or_lasts_is_named(pair: list[Host]) -> None:
    with pytest.raises(LabError, match=r"one: ls nowhere: exit status 2\nls: cannot access 'nowhere'"):
        pair[0].run("ls nowhere")
    with pytest.raises(LabError, match=r"one: sleep 60: not done within 0\.2 s"):
        pair[0].run("sleep 60", seconds=0.2)


def test_nothing_is_left_of_a_lab_whose_maker_is_killed(tmp_path: Path, pair: list[Host]) -> None:
    """Beside another lab, which lives on."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "TMPDIR": str(tmp_path)}
    maker = subprocess.Popen([sys.executable, "-c", _MAKER], stdout=subprocess.PIPE, env=environment)
    assert maker.stdout is not None
    assert maker.stdout.readline() == b"up\n"
    assert _mentioning(str(tmp_path))
    maker.kill()
    maker.communicate()
    assert waited(lambda: not _mentioning(str(tmp_path)), 10)
    assert pair[0].run("ssh two hostname").stdout == "two\n"


def _mentioning(words: str) -> list[str]:
    """Return the processes of the machine with such words in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if entry.name.isdecimal() and words in (said := command_line(int(entry.name))):
                found.append(said)
    return found
