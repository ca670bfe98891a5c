"""The ledger in a folder that two hosts have over the network, by sshfs: one creates, one drives, nothing is lost."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts import Host, lab
from hosts.host import Started

pytestmark = pytest.mark.hosts
# A minute's waiting within seconds.
_SHORT = """
import json, socket, sys, time
from datasets import StorageError, open_folder, patient
from search import Ledger, LedgerError, PlaceLostError, SearchLayout, SearchState, driver_heartbeat
from search.ledger import beats, heartbeat
from search.ledger.reading import read_json
heartbeat.EVERY_SECONDS, heartbeat._LEASE_SECONDS, heartbeat._UNDER_WAY_SECONDS = 0.5, 1.5, 1.0
heartbeat.ALIVE_SECONDS = beats.ALIVE_SECONDS = 4.0
folder, host = open_folder("/home/astro/mnt/search"), socket.gethostname()
time.sleep(max(0.0, float(sys.argv[1]) - time.time()))
"""
_CREATES = """
print(json.dumps([folder.create(f"{number}", host.encode() * 1000) for number in range(40)]))
"""
_REPLACES = """
print("replaces", flush=True)
for number in range(10 ** 6):
    folder.write_whole("replaced", json.dumps({"long": number % 2 == 1}).encode())
"""
_READS = """
until, found = time.time() + 15, set()
while time.time() < until:
    found.add(json.dumps(read_json(folder, "replaced")))
print(*sorted(found))
"""
_DRIVES = """
try:
    with driver_heartbeat(folder) as place:
        place.check()
        time.sleep(5)
        place.check()
        print("drives")
except LedgerError as error:
    print(error)
"""
_KEEPS_WRITING = """
try:
    with driver_heartbeat(folder) as place, patient(root=folder.uri, check=place.check):
        ledger = Ledger(SearchLayout(folder), place)
        print("drives", flush=True)
        for number in range(600):
            ledger.write_state(SearchState.RUNNING, f"{host} {number}")
            time.sleep(0.1)
except PlaceLostError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def sharing() -> Iterator[tuple[Host, Host]]:
    """Two hosts with a folder of a third one's, each by a mount, hence with caches, of its own."""
    if shutil.which("sshfs") is None or not Path("/dev/fuse").exists():
        pytest.skip("a folder over the network needs sshfs and FUSE (apt-get install sshfs)")
    with lab("one", "server", "two") as (one, server, two):
        server.run("mkdir files")
        one.run("scp -q -r .ssh two:")
        for host in (one, two):
            host.run("mkdir mnt")
            mount = "sshfs -o allow_other,StrictHostKeyChecking=no,IdentityFile=/home/astro/.ssh/id_ed25519"
            host.run(f"{mount} astro@server:files /home/astro/mnt", root=True)
        yield one, two


def start(host: Host, code: str, *, at: float = 0.0) -> Started:
    """Begin some code on a host, at a moment of the machine's clock."""
    (host.root / "home/astro/code.py").write_text(_SHORT + code)
    return host.start(f"cd galaxy-tuner && exec .venv/bin/python ../code.py {at}")


def both(sharing: tuple[Host, Host], code: str) -> list[str]:
    """Run some code on both at the same moment; return what each has printed."""
    at = time.time() + 12
    started = [start(host, code, at=at) for host in sharing]
    for one in started:
        assert one.wait(90) == 0, one.errors()
    return [one.output().strip() for one in started]


def test_of_two_that_create_a_file_one_does_and_it_is_whole(sharing: tuple[Host, Host]) -> None:
    first, second = (json.loads(said) for said in both(sharing, _CREATES))
    assert [one + other for one, other in zip(first, second, strict=True)] == [1] * 40
    for number, is_first in enumerate(first):
        for host in sharing:
            text = host.run(f"cat mnt/search/{number}").stdout
            assert text == ("one" if is_first else "two") * 1000


def test_a_file_that_another_host_replaces_by_one_of_another_length_is_read_whole(sharing: tuple[Host, Host]) -> None:
    one, two = sharing
    replaces = start(one, _REPLACES)
    while one.run("test -e mnt/search/replaced", check=False).returncode:
        time.sleep(0.2)
    reads = start(two, _READS)
    assert reads.wait(60) == 0, reads.errors()
    assert reads.output() == '{"long": false} {"long": true}\n'
    replaces.send(15)
    replaces.wait(30)


def test_of_two_that_drive_at_once_one_does_and_the_other_is_told(sharing: tuple[Host, Host]) -> None:
    said = both(sharing, _DRIVES)
    assert said.count("drives") == 1
    (refused,) = (line for line in said if line != "drives")
    assert "has another driver, which is alive, process" in refused


def test_one_whose_link_was_cut_finds_that_another_has_gone_on(sharing: tuple[Host, Host]) -> None:
    one, two = sharing
    cut_off = start(two, _KEEPS_WRITING)
    state = "cat mnt/search/state.json"
    while "two" not in one.run(state, check=False).stdout:
        time.sleep(0.2)
    two.cut()
    time.sleep(8)
    goes_on = start(one, _KEEPS_WRITING)
    while '"one ' not in one.run(state).stdout:
        time.sleep(0.2)
    two.heal()
    assert cut_off.wait(60) == 0, cut_off.errors()
    assert cut_off.output().splitlines()[1].startswith("another driver, process ")
    assert "on one since" in cut_off.output()
    assert "nothing is lost" in cut_off.output()
    assert '"one ' in one.run(state).stdout
    goes_on.send(15)
    goes_on.wait(30)
