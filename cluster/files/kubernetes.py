"""A RayCluster for KubeRay, before it is applied: what can be told here, then what the cluster's own API says of it."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from cluster.files.reading import ClusterFile
from cluster.files.spelling import unknown_key
from cluster.nodes.checks import Check

_SECONDS = 20
# The fields of KubeRay's RayCluster (ray.io/v1) at the levels where a misspelt one is dropped without a word.
_SPEC = frozenset(
    {"authOptions", "autoscalerOptions", "enableInTreeAutoscaling", "gcsFaultToleranceOptions", "headGroupSpec"}
    | {"headServiceAnnotations", "historyServerOptions", "managedBy", "networkPolicy", "rayVersion", "suspend"}
    | {"tlsOptions", "upgradeStrategy", "workerGroupSpecs"}
)
_HEAD = frozenset(
    {
        "enableIngress",
        "headService",
        "ingressOptions",
        "labels",
        "rayStartParams",
        "resources",
        "serviceType",
        "template",
    }
)
_WORKERS = frozenset(
    {"groupName", "idleTimeoutSeconds", "labels", "maxReplicas", "minReplicas", "numOfHosts", "priority", "replicas"}
    | {"rayStartParams", "resources", "scaleStrategy", "suspend", "template"}
)


def check_kubernetes(file: ClusterFile) -> Iterator[Check]:
    """Look at the file, then ask the cluster that kubectl speaks to whether it would take it (a dry run)."""
    clusters = [document for document in file.documents if document.get("kind") == "RayCluster"]
    claims = {_name(document) for document in file.documents if document.get("kind") == "PersistentVolumeClaim"}
    faults = [f"{which}{fault}" for which, cluster in _called(clusters) for fault in _faults(cluster, claims)]
    advice = "correct it: Kubernetes drops what it does not know"
    yield from (Check(file.name, "schema", ok=False, found=fault, advice=advice) for fault in faults)
    if not faults:
        yield Check(file.name, "schema", ok=True, found="a RayCluster with head, workers and volumes")
    for which, cluster in _called(clusters):
        mode = _mapping(_mapping(cluster.get("spec")).get("authOptions")).get("mode")
        if mode == "token":
            found = f"{which}required; the operator makes it and gives it to all pods"
            yield Check(file.name, "token", ok=True, found=found)
        else:
            advice = "set `authOptions: {mode: token}` in spec: without a token anybody may run code"
            found = f"{which}authOptions.mode is {mode or 'not set'}"
            yield Check(file.name, "token", ok=False, found=found, advice=advice)
    yield _ask_cluster(file)


def _called(clusters: list[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the clusters, each with what stands before what is said of it: its name, where there are several."""
    return [(f"{_name(cluster)}: " if len(clusters) > 1 else "", cluster) for cluster in clusters]


def _faults(cluster: Mapping[str, Any], claims: set[str]) -> Iterator[str]:
    spec = _mapping(cluster.get("spec"))
    yield from (unknown_key(key, "spec.", _SPEC) for key in spec if key not in _SPEC)
    groups = {"headGroupSpec": _mapping(spec.get("headGroupSpec"))}
    groups |= {f"workerGroupSpecs.{n}": group for n, group in enumerate(_mappings(spec.get("workerGroupSpecs")))}
    for place, group in groups.items():
        known = _HEAD if place == "headGroupSpec" else _WORKERS
        yield from (unknown_key(key, f"spec.{place}.", known) for key in group if key not in known)
        pod = _mapping(_mapping(group.get("template")).get("spec"))
        containers = _mappings(pod.get("containers"))
        if not containers:
            yield f"spec.{place}.template.spec.containers: expected at least one"
        volumes = {str(volume.get("name")): volume for volume in _mappings(pod.get("volumes"))}
        for mount in (mount for container in containers for mount in _mappings(container.get("volumeMounts"))):
            if str(mount.get("name")) not in volumes:
                yield f"spec.{place}: no volume is called {mount.get('name')}, which a container mounts"
        for claim in (_mapping(volume.get("persistentVolumeClaim")).get("claimName") for volume in volumes.values()):
            if claim is not None and claims and str(claim) not in claims:
                yield f"spec.{place}: the claim {claim} is not in the file"


def _mapping(value: object) -> Mapping[str, Any]:
    """Return what should be names with values; where it is something else, the API server says so."""
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [_mapping(each) for each in value] if isinstance(value, list) else []


def _ask_cluster(file: ClusterFile) -> Check:
    """Let the API server judge the file against the RayCluster that it has installed, and keep nothing."""
    if shutil.which("kubectl") is None:
        advice = "install kubectl, and let it reach the cluster (`kubectl config use-context …`)"
        return Check("this machine", "kubectl", ok=False, found="not found", advice=advice)
    command = ["kubectl", "apply", "--dry-run=server", f"--request-timeout={_SECONDS}s", "-f", str(file.path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * _SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Check("kubernetes", "dry run", ok=False, found="no answer", advice="let kubectl reach the cluster")
    if done.returncode == 0:
        return Check("kubernetes", "dry run", ok=True, found="the cluster would take it")
    said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    advice = "correct it"
    if "no matches for kind" in said:
        advice = "install the operator KubeRay there"
    elif "connect" in said.casefold() or "dial tcp" in said:
        advice = "let kubectl reach the cluster (`kubectl config use-context …`)"
    return Check("kubernetes", "dry run", ok=False, found=said, advice=advice)


def _name(document: Mapping[str, Any]) -> str:
    return str(_mapping(document.get("metadata")).get("name"))
