"""The cluster files that are shipped: each as who takes it demands, with the lock file, the token, and nothing open."""

import gzip
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = ("onprem.yaml", "aws.yaml", "gcp.yaml")
ALL = (*FILES, "kuberay.yaml", "slurm.sh")
PARTS = ("cluster", "datasets", "search", "trainer", "ui")
LOCKS = ("bootstrap.lock", "requirements.lock", "requirements-gpu.lock")
CRD = ROOT.parent / "shared/peers/kuberay/ray.io_rayclusters.yaml.gz"


def settings(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "cluster" / name).read_text())
    return read


def starts(name: str) -> list[str]:
    return [
        command
        for key, commands in settings(name).items()
        if key.endswith("_start_ray_commands")
        for command in commands
    ]


@pytest.mark.parametrize("name", ALL)
def test_each_begins_with_the_commands_that_use_it(name: str) -> None:
    text = (ROOT / "cluster" / name).read_text()
    above = text[: re.search(r"^[^#]", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    assert f"galaxy cluster check cluster/{name}" in above
    assert re.search(rf"(ray up|kubectl apply -f|sbatch) cluster/{name}", above)
    assert "he three commands" in above


@pytest.mark.parametrize("name", FILES)
def test_each_is_what_ray_up_takes(name: str) -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(prepare_config(settings(name)))


@pytest.mark.parametrize("name", FILES)
def test_nodes_get_all_that_is_needed_and_are_set_up_from_a_lock_file_once(name: str) -> None:
    read = settings(name)
    mounts = read["file_mounts"]
    assert mounts["~/.ray/auth_token"] == "~/.ray/auth_token"
    assert {Path(source).name for source in mounts.values()} >= {*PARTS, *LOCKS, "Makefile", "pyproject.toml"}
    types = read.get("available_node_types", {}).values()
    setups = [*read["setup_commands"], *(line for kind in types for line in kind.get("worker_setup_commands", []))]
    for setup in setups:
        assert re.search(r"flock pyproject.toml make setup LOCK=requirements(-gpu|\$\(nvidia-smi .*\))?\.lock", setup)
    gpu = [kind for kind in types if "GPU" in kind["resources"]]
    assert all("requirements-gpu.lock" in kind["worker_setup_commands"][0] for kind in gpu)
    assert bool(gpu) == (name != "onprem.yaml")


@pytest.mark.parametrize("name", FILES)
def test_every_node_starts_with_a_token_and_no_dashboard_for_all(name: str) -> None:
    assert len(starts(name)) == 2
    for command in starts(name):
        assert "~/galaxy-tuner/cluster/ray start " in command
        assert "dashboard-host" not in command
    assert "RAY_AUTH_MODE=token" in (ROOT / "cluster/ray").read_text()


@pytest.mark.parametrize("name", ["aws.yaml", "gcp.yaml"])
def test_clouds_have_a_head_on_demand_and_spot_workers_that_go_when_idle(name: str) -> None:
    read = settings(name)
    assert read["idle_timeout_minutes"] > 0
    assert read["provider"]["cache_stopped_nodes"] is False
    for kind, described in read["available_node_types"].items():
        spot = "spot" in str(described["node_config"]).casefold()
        assert spot == (kind != read["head_node_type"])


def test_the_image_has_what_the_nodes_of_other_files_are_shipped() -> None:
    text = (ROOT / "cluster/Dockerfile").read_text().replace("\\\n", "")
    copied = {word for line in re.findall(r"^COPY (.*)", text, re.MULTILINE) for word in line.split()[:-1]}
    assert copied == {
        source for source in settings("onprem.yaml")["file_mounts"].values() if "auth_token" not in source
    }


@pytest.mark.skipif(
    not CRD.exists(), reason="needs KubeRay's own definition of a RayCluster, in ../shared/peers/kuberay"
)
def test_the_raycluster_is_one_by_kuberays_own_schema_without_an_unknown_field() -> None:
    import jsonschema

    definition = yaml.safe_load(gzip.decompress(CRD.read_bytes()))
    [schema] = [each["schema"] for each in definition["spec"]["versions"] if each["name"] == "v1"]
    validator = jsonschema.Draft4Validator(closed(schema["openAPIV3Schema"]))
    documents = [*yaml.safe_load_all((ROOT / "cluster/kuberay.yaml").read_text())]
    claim, cluster = documents
    assert [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(cluster)] == []
    cluster["spec"]["headGroupSpec"]["template"]["spec"]["volums"] = []
    assert "volums" in str([*validator.iter_errors(cluster)])
    sample = next(yaml.safe_load_all((CRD.parent / "ray-cluster.auth.yaml").read_text()))
    assert cluster["spec"]["authOptions"] == sample["spec"]["authOptions"] == {"mode": "token"}
    volumes = cluster["spec"]["headGroupSpec"]["template"]["spec"]["volumes"]
    assert claim["metadata"]["name"] in str(volumes)


def closed(schema: Any) -> Any:
    """Return a schema of Kubernetes's, whose server drops what it does not name, as one that refuses that."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if made.get("type") == "object" and "properties" in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if made.get("x-kubernetes-int-or-string"):
        for key in ("type", "anyOf", "pattern"):
            made.pop(key, None)
    return made


def test_of_awss_machines_only_ssh_is_open_to_the_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: None
) -> None:
    import boto3
    from ray.autoscaler._private.providers import _get_node_provider_cls
    from ray.autoscaler._private.util import prepare_config

    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    prepared = prepare_config(settings("aws.yaml"))
    made = _get_node_provider_cls(prepared["provider"]).bootstrap_config(prepared)
    groups = {
        each for kind in made["available_node_types"].values() for each in kind["node_config"]["SecurityGroupIds"]
    }
    ec2 = boto3.client("ec2", region_name="us-east-1")
    described = ec2.describe_security_groups(GroupIds=sorted(groups))["SecurityGroups"]
    rules = [rule for group in described for rule in group["IpPermissions"]]
    open_to_all = [rule for rule in rules if rule["IpRanges"] or rule["Ipv6Ranges"]]
    assert {(rule["FromPort"], rule["ToPort"]) for rule in open_to_all} == {(22, 22)}
    within = [pair["GroupId"] for rule in rules if rule not in open_to_all for pair in rule["UserIdGroupPairs"]]
    assert set(within) == groups


@pytest.mark.parametrize("name", ["ray", "slurm.sh"])
def test_scripts_are_executable_shell(name: str) -> None:
    path = ROOT / "cluster" / name
    shell = path.read_text().splitlines()[0].removeprefix("#!")
    assert path.stat().st_mode & 0o100
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0
