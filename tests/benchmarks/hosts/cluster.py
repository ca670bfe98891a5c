"""A Ray cluster on hosts, brought up as a user does: by the shipped file, of which only the addresses are changed."""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.strangers.place import draw_dataset
from hosts import Host, Lab, LabError, Started, lab
from hosts.host import waited
from hosts.plan import CHECKOUT, HOME, USER_ID

FILE = "cluster/onprem.yaml"
BUCKET = "galaxies"
PORT, SLOW_PORT = 9000, 9001
IMAGES_A_CLASS = 60
STEPS_PER_EPOCH = 4  # of 72 images to train on, in batches of 16 of which the last, partial one is left out
_HEAD, _WORKERS = "192.0.2.10", "192.0.2.11, 192.0.2.12"
_JOIN_SECONDS = 120.0
_CREDENTIALS = "[default]\naws_access_key_id = tests\naws_secret_access_key = tests\n"


class Cluster:
    """A launcher, a head, workers, and a host with the storage: S3, and /shared for the same on a shared file system.

    Attributes:
        launcher, head, workers, store: the hosts.
        up_seconds: how long `ray up` took until all workers had joined.
    """

    def __init__(self, hosts: Lab) -> None:
        self.launcher, self.head, *self.workers, self.store = hosts
        self.nodes = [self.head, *self.workers]
        self.up_seconds = 0.0
        self._s3: Started | None = None

    def prepare(self) -> None:
        """Give every host the user's module and credentials, and the shared folder a dataset."""
        for host in (self.launcher, *self.nodes):
            write(host, CHECKOUT / "noting.py", Path(__file__).with_name("noting.py").read_text())
            write(host, HOME / ".aws/credentials", _CREDENTIALS)
            write(host, HOME / ".aws/config", "[default]\nregion = us-east-1\n")
        with tempfile.TemporaryDirectory() as folder:
            draw_dataset(Path(folder), IMAGES_A_CLASS)
            shutil.copytree(Path(folder, "d"), self.head.root / "shared/d")
            shutil.copytree(Path(folder, "images"), self.head.root / "tmp/images")

    def serve_s3(self) -> None:
        """Start S3 on the store, with the same dataset. Raises LabError if it does not answer."""
        self._s3 = self.store.start(f"cd galaxy-tuner && exec .venv/bin/moto_server -H 0.0.0.0 -p {PORT}")
        make_bucket = f"u.urlopen(u.Request('http://store:{PORT}/{BUCKET}', method='PUT'))"
        bucket = f'galaxy-tuner/.venv/bin/python -c "import urllib.request as u; {make_bucket}"'
        if not waited(lambda: self.head.run(bucket, check=False).returncode == 0, 60):
            raise LabError(f"no S3: {self._s3.errors()}")
        options = "--image-size 16 --validation 0.2 --test 0.2"
        self.galaxy(self.head, f"import /tmp/images '{self.s3('d')}' {options}")

    def up(self) -> None:
        """Bring the cluster up from the launcher, and wait until its workers have joined."""
        began = time.monotonic()
        self._change_addresses()
        self.galaxy(self.launcher, f"cluster check {FILE}")
        self.launcher.run(f"cd galaxy-tuner && .venv/bin/ray up {FILE} --yes", seconds=_JOIN_SECONDS)
        self.wait_for_workers()
        self.up_seconds = time.monotonic() - began

    def down(self) -> None:
        """Take the cluster down from the launcher."""
        self.launcher.run(f"cd galaxy-tuner && .venv/bin/ray down {FILE} --yes", seconds=_JOIN_SECONDS)

    def wait_for_workers(self) -> None:
        """Wait until Ray knows each node. Raises LabError if it does not within two minutes."""
        # Asking Ray takes seconds of the machine's: first its processes are to be there.
        waited(lambda: all(node.processes("raylet/raylet") for node in self.nodes), _JOIN_SECONDS)
        if not waited(lambda: self.alive() == len(self.nodes), _JOIN_SECONDS):
            raise LabError(f"{self.alive()} of {len(self.nodes)} nodes have joined")

    def alive(self) -> int:
        """Return how many nodes Ray has."""
        asked = self.head.run("cd galaxy-tuner && cluster/ray status", check=False, seconds=30)
        active = re.search(r"Active:\n((?: \d+ .*\n)*)", asked.stdout)
        idle = re.search(r"Idle:\n((?: \d+ .*\n)*)", asked.stdout)
        counts = [line.split()[0] for found in (active, idle) if found for line in found.group(1).splitlines()]
        return sum(map(int, counts))

    def s3(self, name: str, port: int = PORT) -> str:
        """Return the URI of something on the store's S3."""
        return f"s3://{BUCKET}/{name}?endpoint_override={self.store.address}:{port}&scheme=http"

    def requests(self) -> list[str]:
        """Return what S3 was asked so far: lines that begin with the client's address."""
        return self._s3.errors().splitlines() if self._s3 else []

    def galaxy(self, host: Host, arguments: str, *, check: bool = True, seconds: float = 120.0) -> str:
        """Run `galaxy` on a host; return what it printed."""
        return host.run(f"cd galaxy-tuner && .venv/bin/galaxy {arguments}", check=check, seconds=seconds).stdout

    def join(self, worker: Host, before: str = "") -> None:
        """Let a worker join by hand, as the file says; ``before`` comes before the command."""
        worker.run(f"cd galaxy-tuner && {before} cluster/ray start --address={self.head.address}:6379")

    def leave(self, worker: Host) -> None:
        """Let a worker leave by hand."""
        worker.run("cd galaxy-tuner && cluster/ray stop")

    def _change_addresses(self) -> None:
        path = self.launcher.root / CHECKOUT.relative_to("/") / FILE
        workers = ", ".join(worker.address for worker in self.workers)
        path.write_text(path.read_text().replace(_HEAD, self.head.address).replace(_WORKERS, workers))


@contextlib.contextmanager
def cluster(workers: int = 2) -> Iterator[Cluster]:
    """Give a cluster that is up, until the block ends."""
    names = [f"worker{number}" for number in range(1, workers + 1)]
    with lab("launcher", "head", *names, "store") as hosts:
        made = Cluster(hosts)
        made.prepare()
        made.serve_s3()
        made.up()
        yield made


def write(host: Host, path: Path, text: str) -> None:
    """Write a file of the user's on a host."""
    target = host.root / path.relative_to("/")
    if not target.parent.exists():
        target.parent.mkdir()
        os.chown(target.parent, USER_ID, USER_ID)
    target.write_text(text)
    os.chown(target, USER_ID, USER_ID)
