"""All that is looked at of a cluster file, by its kind."""

from collections.abc import Iterator
from pathlib import Path

from cluster.files.clouds import check_aws, check_gcp
from cluster.files.kubernetes import check_kubernetes
from cluster.files.launcher import check_for_launcher, check_key
from cluster.files.machines import check_machines
from cluster.files.reaching import Machines
from cluster.files.reading import ClusterFile, read_cluster_file
from cluster.files.shipping import check_token
from cluster.files.slurm import check_slurm
from cluster.files.spelling import check_placeholders
from cluster.nodes.checks import Check


def check_cluster_file(path: Path, storage: str | None = None) -> list[Check]:
    """Say what the cluster file at ``path`` lacks, before anything is started or costs money.

    The token is made where there is none. ``storage`` is a path that machines of one's own are all to share.
    Raises ClusterFileError where it is no such file.
    """
    file = read_cluster_file(path)
    return [check_placeholders(file), *_checks(file, storage)]


def _checks(file: ClusterFile, storage: str | None) -> Iterator[Check]:
    match file.kind:
        case "kuberay":  # its operator makes the token
            yield from check_kubernetes(file)
        case "slurm":
            yield check_token()
            yield from check_slurm(file)
        case _:
            yield from check_for_launcher(file)
            yield check_token()
            keys = check_key(file)
            yield from keys
            if file.kind == "aws":
                yield from check_aws(file)
            elif file.kind == "gcp":
                yield from check_gcp(file)
            elif all(check.ok for check in (check_placeholders(file), *keys)):
                machines = Machines.of(file.settings)
                if machines is not None:
                    yield from check_machines(machines, storage)
