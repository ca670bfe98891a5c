"""All that is looked at of a cluster file, by its kind."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cluster.files.clouds import check_aws, check_gcp
from cluster.files.kubernetes import check_kubernetes
from cluster.files.launcher import check_for_launcher, check_key, check_tools, has_shape, shipped_code
from cluster.files.machines import check_machines
from cluster.files.reaching import Machines
from cluster.files.reading import ClusterFile, read_cluster_file
from cluster.files.shipping import check_token
from cluster.files.slurm import check_slurm
from cluster.files.spelling import check_placeholders
from cluster.nodes.checks import Check
from cluster.nodes.this_machine import examine_here, requested
from datasets import open_folder


def check_cluster_file(path: Path, storage: str | None = None) -> list[Check]:
    """Say what the cluster file at ``path`` lacks, before anything is started or costs money.

    The token is made where there is none. ``storage`` is where results are to be kept: a path is looked at on all
    machines of one's own, anything else from here. Raises ClusterFileError where it is no such file, and StorageError
    where there is no such kind of storage.
    """
    file = read_cluster_file(path)
    if storage is not None and storage.lower().startswith("file://"):
        storage = open_folder(storage).uri
    by_machines = file.kind == "local" and storage is not None and "://" not in storage
    checks = [check_placeholders(file), *_checks(file, storage if by_machines else None)]
    if storage is not None and not by_machines:
        seen = examine_here(requested(storage, dataset=None))
        checks += [replace(check, node="this machine") for check in seen if check.check == "storage"]
    return checks


def launching_command(path: Path) -> str:
    """Return what brings up the cluster of a file that is well. Raises ClusterFileError where it is none."""
    return read_cluster_file(path).command


def _checks(file: ClusterFile, storage: str | None) -> Iterator[Check]:
    match file.kind:
        case "kuberay":  # its operator makes the token
            yield from check_kubernetes(file)
        case "slurm":
            yield check_token()
            yield from check_slurm(file)
        case _:
            yield from check_for_launcher(file)
            if not has_shape(file):
                return
            yield check_token()
            tools = check_tools()
            needed = [tools, *(check_key(file) if tools.ok else ())]
            yield from needed
            if file.kind == "aws":
                yield from check_aws(file)
            elif file.kind == "gcp":
                yield from check_gcp(file)
            elif all(check.ok for check in (check_placeholders(file), *needed)):
                machines = Machines.of(file.settings)
                if machines is not None:
                    cluster = str(file.settings.get("cluster_name"))
                    yield from check_machines(machines, cluster, shipped_code(file), storage)
