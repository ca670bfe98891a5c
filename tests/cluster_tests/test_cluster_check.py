"""`galaxy cluster check`: every fault that it looks for is found, named, and met with advice; what is well is well."""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cluster import Check, check_cluster_file
from cluster.errors import ClusterFileError
from cluster.files import checking, clouds, kubernetes, machines
from cluster.files.reaching import Answer, Machines
from cluster.files.reading import read_cluster_file

ROOT = Path(__file__).parents[2]
GALAXY = str(Path(sys.executable).with_name("galaxy"))
# A machine that ssh "reaches" is this one, with a home of its own; what is in FAULT/ADDRESS is said instead.
SSH = """#!/bin/sh
for word; do case $word in *@*) host=${word#*@} ;; esac; done
if [ -e "FOLDER/fault-$host" ]; then cat "FOLDER/fault-$host" >&2; exit 255; fi
mkdir -p "FOLDER/home-$host"
HOME=FOLDER/home-$host; export HOME; cd || exit 255
echo 'PATH=~/.local/bin:FOLDER/bin:$PATH' > .bashrc
exec sh -s
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a key, a token and an ssh of its own; the current one is the checkout."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    (tmp_path / ".ssh").mkdir()
    key(tmp_path, passphrase="")
    program(tmp_path, "ssh", SSH.replace("FOLDER", str(tmp_path)))
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def key(folder: Path, passphrase: str) -> None:
    path = folder / ".ssh/id_ed25519"
    path.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", path], check=True)


def left_over(folder: Path, address: str, *files: str) -> None:
    for name in (*files, "cluster/token.py"):
        path = folder / f"home-{address}" / "galaxy-tuner" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def another_runs(folder: Path, of: str) -> None:
    program(folder, "pgrep", "#!/bin/sh\n")
    program(folder, "cat", f'#!/bin/sh\ncase $1 in */of) echo {of} ;; *) exec /bin/cat "$@" ;; esac\n')


def changed(folder: Path, name: str = "onprem.yaml", *changes: tuple[str, str]) -> Path:
    """Write a shipped file with its placeholders filled in and these changes."""
    text = (ROOT / "cluster" / name).read_text()
    for old, new in (("192.0.2.", "10.77.0."), ("my-", "our-"), ("registry.example", "registry.test"), *changes):
        assert old in text or old in ("192.0.2.", "my-", "registry.example")
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text)
    return path


def faults(checks: list[Check]) -> dict[str, str]:
    """Return what is wrong, by node and check; each has one line of advice."""
    for check in checks:
        assert "\n" not in check.found + (check.advice or "")
        assert check.ok or check.advice
    found: dict[str, str] = {}
    for check in checks:
        if not check.ok:
            name = f"{check.node}: {check.check}"
            found[name] = "; ".join(filter(None, (found.get(name), check.found)))
    return found


@pytest.mark.parametrize(
    ("start", "port"),
    [
        ("ray start --head --port=6380 --dashboard-port=8270", 6380),
        ("ray start --head --dashboard-port 8270 --port 7000", 7000),
        ("ray start --head", 6379),
        ("ray start --address=10.77.0.10:9999 --port=9999", 6379),
    ],
)
def test_the_port_that_is_looked_at_is_the_one_that_the_file_gives(start: str, port: int) -> None:
    settings = {"provider": {"head_ip": "10.77.0.10", "worker_ips": []}, "head_start_ray_commands": ["ray stop", start]}
    found = Machines.of(settings)
    assert found is not None
    asked: list[str] = []

    class Taken(Machines):
        def ask_all(self, scripts: Mapping[str, str], seconds: float) -> dict[str, Answer]:
            asked.extend(scripts.values())
            return {address: Answer(0, "taken\n", "", 0.0, 0.0) for address in scripts}

    [check] = [check for check in machines.check_machines(Taken(**vars(found)), "c", {}, None) if check.check == "port"]
    assert f'bind(("", {port}))' in asked[0]
    assert (check.ok, check.found) == (False, f"{port} is taken by another program")
    assert f"sport = :{port}" in str(check.advice)


def test_a_file_and_machines_that_are_well_have_no_fault(here: Path) -> None:
    checks = check_cluster_file(changed(here), str(here))
    assert {each for each in faults(checks) if "port" not in each} == set()  # this machine may have a Ray there
    assert {check.node for check in checks} == {"onprem.yaml", "this machine", "10.77.0.10", "10.77.0.11", "10.77.0.12"}
    token = here / ".ray/auth_token"
    assert token.stat().st_mode & 0o777 == 0o600
    [made] = [check for check in checks if check.check == "token"]
    assert made.found == f"{token}, made now"
    assert token.read_text() not in str(checks)
    assert [*here.glob(".galaxy-check-*")] == []


@pytest.mark.parametrize("name", ["onprem.yaml", "aws.yaml", "gcp.yaml", "kuberay.yaml"])
def test_what_was_to_be_changed_and_was_not_is_named_with_its_line(name: str, here: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    program(here, "kubectl", "#!/bin/sh\nexit 0\n")
    [check] = [check for check in check_cluster_file(ROOT / "cluster" / name) if check.check == "placeholders"]
    text = (ROOT / "cluster" / name).read_text().splitlines()
    word, line = check.found.split(", ")[0].removesuffix(")").split(" (line ")
    assert not check.ok
    assert word in text[int(line) - 1]
    assert "# change" in text[int(line) - 1]


@pytest.mark.parametrize(
    ("old", "new", "where", "found"),
    [
        (
            "setup_commands:",
            "setup_comands:",
            "schema",
            "unknown key setup_comands, the nearest known is setup_commands",
        ),
        ("ssh_user:", "ssh_usr:", "schema", "unknown key auth.ssh_usr, the nearest known is ssh_user"),
        ("head_ip:", "head_up:", "schema", "unknown key provider.head_up, the nearest known is head_ip"),
        ("10.77.0.11,", "10.77.0.12,", "schema", "provider.worker_ips: 10.77.0.12 stands there twice"),
        (
            "10.77.0.11,",
            "10.77.0.10,",
            "schema",
            "provider.worker_ips: 10.77.0.10 is the head, whose CPUs take trials, too",
        ),
        ("cluster_name: galaxy-tuner", "cluster_name: 7", "schema", "cluster_name: 7 is not of type 'string'"),
        ("10.77.0.11,", "null,", "schema", "provider.worker_ips: expected addresses, as text, found None"),
        ("10.77.0.11,", "10:30,", "schema", "provider.worker_ips: expected addresses, as text, found 630"),
        ("10.77.0.11,", '"",', "schema", "provider.worker_ips: expected addresses, as text, found ''"),
        ("head_ip: 10.77.0.10", "head_ip: ", "schema", "provider.head_ip: None is not of type"),
        ("head_ip: 10.77.0.10", "head_ip: localhost", "schema", "provider.head_ip: no worker reaches localhost"),
        ("auth_token: ~/.ray", "auth_token: ~/ray", "token shipped", "~/ray/auth_token, not yours"),
        ("setup_commands:\n  - cd", "setup_commands:\n    cd", "schema", "setup_commands: expected a list of commands"),
        ("tuner/trainer: trainer", "tuner/trainer: trainers", "files to ship", "trainers not found"),
        (
            "RAY_enable_autoscaler_v2=0",
            "",
            "schema",
            "head_start_ray_commands: without RAY_enable_autoscaler_v2=0 Ray's",
        ),
        ("~/.ray/auth_token:", "~/.ray/token:", "token shipped", "not to the nodes"),
        ("cluster/ray start --address", ".venv/bin/ray start --address", "token shipped", "Ray would start without it"),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else None,
)
def test_a_fault_of_the_file_is_found_before_any_machine_is_asked(
    old: str, new: str, where: str, found: str, here: Path
) -> None:
    for address in (10, 11, 12):
        (here / f"fault-10.77.0.{address}").write_text("ssh: connect to host port 22: No route to host\n")
    assert faults(check_cluster_file(changed(here, "onprem.yaml", (old, new))))[f"onprem.yaml: {where}"].startswith(
        found
    )


@pytest.mark.parametrize(
    ("spoil", "fault", "found"),
    [
        (lambda here: (here / ".ssh/id_ed25519").chmod(0o644), "this machine: ssh key", "mode 0644, which ssh refuses"),
        (lambda here: key(here, "secret"), "this machine: ssh key", "has a passphrase"),
        (lambda here: (here / ".ssh/id_ed25519").unlink(), "this machine: ssh key", "No such file"),
        (
            lambda here: (here / ".ssh/id_ed25519").write_text("ssh-ed25519 AAAA astro@here"),
            "this machine: ssh key",
            "is no private key",
        ),
        (
            lambda here: [(here / f"home-10.77.0.{number}").symlink_to(here) for number in (11, 12)],
            "10.77.0.12: machines",
            "the same one as 10.77.0.11",
        ),
        (
            lambda here: left_over(here, "10.77.0.12", "cluster/gone.py", "cluster/__pycache__/new.pyc"),
            "10.77.0.12: code",
            "galaxy-tuner/cluster/gone.py, no longer here",
        ),
        (
            lambda here: program(here, "getent", "#!/bin/sh\necho 127.0.1.1 STREAM head\n"),
            "10.77.0.10: address",
            "calls itself 127.0.1.1, where no worker reaches it",
        ),
        (
            lambda here: another_runs(here, "the cluster other"),
            "10.77.0.10: other clusters",
            "a Ray runs there, of the cluster other",
        ),
        (
            lambda here: another_runs(here, "10.77.0.9:6379"),
            "10.77.0.12: other clusters",
            "a Ray runs there, of 10.77.0.9:6379",
        ),
        (
            lambda here: (here / "fault-10.77.0.11").write_text("astro@10.77.0.11: Permission denied (publickey).\n"),
            "10.77.0.11: reached",
            "not from the head: astro@10.77.0.11: Permission denied",
        ),
        (
            lambda here: (here / "fault-10.77.0.10").write_text("ssh: connect to host 10.77.0.10 port 22: timed out\n"),
            "10.77.0.10: reached",
            "not from here: ssh: connect to host 10.77.0.10 port 22: timed out",
        ),
        (
            lambda here: program(here, "python3.11", "#!/bin/sh\necho No module named ensurepip\n"),
            "10.77.0.11: Python 3.11",
            "ensurepip",
        ),
        (
            lambda here: program(here, "uname", "#!/bin/sh\necho Darwin arm64\n"),
            "10.77.0.11: Python 3.11",
            "Darwin arm64",
        ),
        (
            lambda here: program(here, "df", "#!/bin/sh\necho /dev/vda 1 1 2000000 1% /\n"),
            "10.77.0.11: disk",
            "2 GB free",
        ),
        (
            lambda here: program(here, "date", "#!/bin/sh\necho 1000000000.5\n"),
            "10.77.0.12: clock",
            "behind this machine's",
        ),
        (lambda here: program(here, "ray", "#!/bin/sh\n"), "10.77.0.10: ray down", "would ask another Ray"),
    ],
    ids=[
        "open key",
        "passphrase",
        "no key",
        "public key",
        "one machine twice",
        "code of yesterday",
        "head on loopback",
        "another cluster",
        "another head",
        "refused",
        "unreached head",
        "no ensurepip",
        "a Mac",
        "disk",
        "clock",
        "another Ray",
    ],
)
def test_a_fault_of_a_machine_is_found(spoil: Callable[[Path], object], fault: str, found: str, here: Path) -> None:
    spoil(here)
    assert found in faults(check_cluster_file(changed(here)))[fault]


def test_folders_that_only_have_the_same_name_are_told_from_a_shared_one(here: Path) -> None:
    found = faults(check_cluster_file(changed(here), "~"))  # each one's own home
    assert found["10.77.0.11: storage"] == "~ is not the same folder as on the other machines"


def test_a_machine_that_cannot_write_into_a_shared_folder_is_the_only_one_with_a_fault(here: Path) -> None:
    (here / "our runs").mkdir()
    for number in (10, 11):
        (here / f"home-10.77.0.{number}").mkdir()
        (here / f"home-10.77.0.{number}/our runs").symlink_to(here / "our runs")
    checks = [check for check in check_cluster_file(changed(here), "~/our runs") if check.check == "storage"]
    assert [check.node for check in checks if check.ok] == ["10.77.0.10", "10.77.0.11"]
    [(name, found)] = faults(checks).items()
    assert name == "10.77.0.12: storage"
    assert "our runs" in found
    assert "not the same folder" not in found


@pytest.mark.parametrize(
    ("ahead", "fault"),
    [(0.0, None), (4.0, None), (-4.0, None), (9.0, "ahead of"), (-15.0, "behind")],
)
def test_a_machine_that_is_slow_to_answer_has_no_wrong_clock_for_that(ahead: float, fault: str | None) -> None:
    """Twelve seconds of a login shell, between the first word and the last; half a second to connect."""
    began, connected, ended = 1000.0, 1000.5, 1012.6
    said = f"clock {connected + ahead}\nsystem Linux x86_64\nclock {ended - 0.1 + ahead}\n"
    check = machines._clock("10.77.0.11", machines.Facts.of(said), Answer(0, said, "", began, ended))
    assert check.ok is (fault is None)
    assert (fault or "this machine's, ± 0.3 s") in check.found


@pytest.mark.parametrize("storage", ["~/our runs", "{}/our runs", "file://{}/our runs"])
def test_a_storage_is_looked_at_where_a_search_on_the_head_keeps_it(storage: str, here: Path) -> None:
    for number in (10, 11, 12):
        (here / f"home-10.77.0.{number}").mkdir()
        (here / f"home-10.77.0.{number}/our runs").symlink_to(here / "our runs")
    (here / "our runs").mkdir()
    checks = check_cluster_file(changed(here), storage.format(here))
    assert [check.found for check in checks if check.check == "storage" and check.ok] == 3 * [
        f"{storage.format(here).removeprefix('file://')}, the same on all of them"
    ]
    assert faults(check_cluster_file(changed(here), "runs"))["this machine: storage"].startswith("runs is another")


@pytest.mark.parametrize(
    "mount", ["~/galaxy-tuner/trainer/", "~//galaxy-tuner/./trainer", "{home}/galaxy-tuner/trainer"]
)
def test_code_that_is_shipped_is_never_what_was_left_over(mount: str, here: Path) -> None:
    home = here / "home-10.77.0.11"
    left_over(here, "10.77.0.11", "trainer/options.py", "trainer/gone.py")
    file = changed(here, "onprem.yaml", ("~/galaxy-tuner/trainer: trainer", f"{mount.format(home=home)}: trainer/"))
    found = faults(check_cluster_file(file))["10.77.0.11: code"]
    assert found.endswith("galaxy-tuner/trainer/gone.py, no longer here")
    assert "options.py" not in found
    both = changed(here, "onprem.yaml", ("~/galaxy-tuner/ui: ui", f"~/galaxy-tuner/ui: ui\n  {home}/galaxy-tuner: ."))
    left = [check.advice for check in check_cluster_file(both) if check.check == "code"]
    assert "options.py" not in str(left)


@pytest.mark.parametrize(("worker", "asked"), [("10.0.0.2", "10.0.0.2:22"), ("fd00::2", "[fd00::2]:22")])
def test_a_proxy_is_asked_for_the_head_alone(worker: str, asked: str, tmp_path: Path) -> None:
    """The head's command stands within that of a worker, and each ssh puts its own host in for %h."""
    proxy = tmp_path / "proxy"
    proxy.write_text(f"#!/bin/sh\necho $* >> {tmp_path}/log\n")
    proxy.chmod(0o755)
    provider = {"type": "local", "head_ip": "10.0.0.1", "worker_ips": [worker]}
    auth = {"ssh_user": "astro", "ssh_proxy_command": f"{proxy} %h %p %%"}
    machines = Machines.of({"provider": provider, "auth": auth})
    assert machines is not None
    machines.ask_all(dict.fromkeys(machines.all, "true"), 10)
    assert (tmp_path / "log").read_text() == 2 * "10.0.0.1 22 %\n"
    assert f" -W {asked} astro@10.0.0.1" in machines._ssh(worker)[-2].replace("'", "")


def test_amazons_cloud_is_asked_for_nothing_that_costs(here: Path, aws: None) -> None:
    import boto3

    file = changed(
        here, "aws.yaml", ("InstanceType: c7i.2xlarge", "InstanceType: c7i.2large"), ("UserData", "UserDate")
    )
    found = faults(check_cluster_file(file))
    assert found.pop("aws.yaml: schema").endswith("node_config.UserDate, the nearest known is UserData")
    assert found == {
        "aws.yaml: machines": "us-east-1 has no c7i.2large",
        "aws.yaml: profile": "there is no our-profile",
    }
    iam = boto3.client("iam")
    iam.create_role(RoleName="tuner", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="our-profile")
    iam.add_role_to_instance_profile(InstanceProfileName="our-profile", RoleName="tuner")
    assert faults(check_cluster_file(changed(here, "aws.yaml"))) == {}
    assert faults(check_cluster_file(changed(here, "aws.yaml", ("us-east-1", "us-est-1")))) == {
        "aws.yaml: region": "AWS has no us-est-1"
    }
    assert boto3.client("ec2", region_name="us-east-1").describe_instances()["Reservations"] == []


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
def test_what_ray_takes_of_amazons_cloud_is_no_fault(region: str, here: Path, aws: None) -> None:
    import boto3

    iam = boto3.client("iam", region_name=region)
    iam.create_role(RoleName=region, AssumeRolePolicyDocument="{}")
    arn = iam.create_instance_profile(InstanceProfileName=region, Path="/tuner/")["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName=region, RoleName=region)
    file = changed(
        here,
        "aws.yaml",
        ("region: us-east-1", f"region: {region}"),
        ("cache_stopped_nodes:", "key_pair: { key_name: ours }\n  cache_stopped_nodes:"),
        ("{ Name: our-profile }", f"{{ Arn: '{arn}' }}\n      SubnetIds: [subnet-1, subnet-2]"),
    )
    # Which machines the others have, moto does not know.
    assert set(faults(check_cluster_file(file))) == (set() if region == "us-east-1" else {"aws.yaml: machines"})


KEY, SECRET = "aws_access_key_id: testing", "aws_secret_access_key: testing"


def test_credentials_in_the_file_are_those_that_are_asked(here: Path, aws: None, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "this machine: credentials" in faults(check_cluster_file(changed(here, "aws.yaml")))
    given = ("cache_stopped_nodes:", f"aws_credentials: {{ {KEY}, {SECRET} }}\n  cache_stopped_nodes:")
    assert "this machine: credentials" not in faults(check_cluster_file(changed(here, "aws.yaml", given)))


@pytest.mark.parametrize(
    ("variables", "given", "found"),
    [
        ({"AWS_PROFILE": "absent"}, "", "The config profile (absent) could not be found"),
        ({"AWS_ACCESS_KEY_ID": "half"}, "", "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY"),
        ({}, KEY, "Partial credentials found in provider.aws_credentials, missing: aws_secret_access_key"),
    ],
    ids=["profile", "half a key", "half a key in the file"],
)
def test_credentials_that_amazons_own_library_refuses_are_a_fault(
    variables: dict[str, str], given: str, found: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    change = ("cache_stopped_nodes:", f"aws_credentials: {{ {given} }}\n  cache_stopped_nodes:")
    assert faults(check_cluster_file(changed(here, "aws.yaml", change))) == {"this machine: credentials": found}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, ""),
        ("our-profile", ""),
        ({"Name": "ours"}, "ours"),
        ({"Arn": "arn:aws:iam::1:instance-profile/tuner/ours"}, "ours"),
    ],
)
def test_a_profile_is_known_by_its_name_or_its_arn(given: object, names: str) -> None:
    assert clouds._profile(given) == names


@pytest.mark.parametrize(
    "name", ["n2-standard-8", "e2-medium", "a3-highgpu-8g", "n2-custom-4-5120-ext", "custom-4-5120"]
)
def test_googles_machines_are_known_by_how_they_are_called(name: str) -> None:
    assert clouds._MACHINE.fullmatch(name)


def test_googles_cloud_wants_a_zone_of_the_region_and_credentials(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    def none_there() -> None:
        raise DefaultCredentialsError

    monkeypatch.setattr(google.auth, "default", none_there)
    file = changed(here, "gcp.yaml", ("availability_zone: us-central1-a", "availability_zone: europe-west4-a"))
    assert faults(check_cluster_file(file)) == {
        "gcp.yaml: region": "the zone europe-west4-a is none of the region us-central1",
        "this machine: credentials": "none",
    }
    monkeypatch.setattr(google.auth, "default", lambda: (None, "our-project"))
    assert faults(check_cluster_file(changed(here, "gcp.yaml"))) == {}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("mode: token", "mode: disabled", {"kuberay.yaml: token": "authOptions.mode is disabled"}),
        ("authOptions", "authOption", {"kuberay.yaml: schema", "kuberay.yaml: token"}),
        ("groupName: cpu", "groupNames: cpu", {"kuberay.yaml: schema"}),
        ("name: shared, mountPath", "name: share, mountPath", {"kuberay.yaml: schema"}),
        ("claimName: galaxy", "claimName: galaxies", {"kuberay.yaml: schema"}),
    ],
    ids=["mode", "authOptions", "groupName", "volume", "claim"],
)
def test_a_raycluster_that_kubernetes_would_take_and_change_is_not_well(old: str, new: str, found, here: Path) -> None:  # type: ignore[no-untyped-def]
    program(here, "kubectl", "#!/bin/sh\nexit 0\n")
    assert faults(check_cluster_file(changed(here, "kuberay.yaml"))) == {}
    told = faults(check_cluster_file(changed(here, "kuberay.yaml", (old, new))))
    assert told == found if isinstance(found, dict) else set(told) == found


def test_each_raycluster_of_a_file_is_looked_at(here: Path) -> None:
    program(here, "kubectl", "#!/bin/sh\nexit 0\n")
    file = changed(here, "kuberay.yaml")
    first = next(part for part in file.read_text().split("\n---\n") if "kind: RayCluster" in part)
    second = first.replace("name: galaxy-tuner\n", "name: second\n", 1).replace("mode: token", "mode: disabled")
    file.write_text(f"{file.read_text()}\n---\n{second.replace('groupName: cpu', 'groupNames: cpu')}")
    found = faults(check_cluster_file(file))
    assert found["kuberay.yaml: token"] == "second: authOptions.mode is disabled"
    assert found["kuberay.yaml: schema"].startswith("second: unknown key spec.workerGroupSpecs.0.groupNames")


def test_kubernetes_says_itself_what_it_would_refuse(here: Path) -> None:
    program(
        here,
        "kubectl",
        '#!/bin/sh\necho \'error: no matches for kind "RayCluster" in version "ray.io/v1"\' >&2; exit 1\n',
    )
    [check] = [check for check in check_cluster_file(changed(here, "kuberay.yaml")) if not check.ok]
    assert (check.found, check.advice) == (
        'error: no matches for kind "RayCluster" in version "ray.io/v1"',
        "install the operator KubeRay there",
    )


def test_slurm_says_itself_what_it_would_refuse(here: Path) -> None:
    said = "sbatch: error: invalid partition specified: gpus\\nallocation failure: Invalid partition name specified"
    program(here, "sbatch", f"#!/bin/sh\nprintf '{said}\\n' >&2\n[ $1 = --test-only ] && exit 1\n")
    program(here, "sinfo", "#!/bin/sh\nprintf 'batch\\ndebug\\n'\n")
    file = changed(here, "slurm.sh", ("##SBATCH --partition=our-partition", "#SBATCH --partition=gpus"))
    [check] = [check for check in check_cluster_file(file) if not check.ok]
    assert (check.found, check.advice) == ("there is no partition gpus", "take one of batch, debug")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: [", "expected YAML"),
        ("hello", "no mapping of names"),
        ("provider: {type: azure}", "the provider azure"),
        ("a: 1", "no provider"),
        ("#!/bin/sh\n", "a script without #SBATCH lines"),
        ("a:\n\tb: 1", "expected YAML"),
        ("", "no mapping of names"),
        ("a: 2026-13-45", "expected YAML, found month must be in"),
        ("&a [*a]", "lists within lists without an end"),
        ("[" * 3000, "lists within lists without an end"),
        ("provider: {type: local}\n1: 2", "expected YAML, found the key 1, which is no text"),
        ("provider: {type: local}\n---\na: 1", "expected one document for `ray up`, found 2"),
    ],
    ids=[
        "no YAML",
        "text",
        "azure",
        "no provider",
        "a script",
        "tab",
        "empty",
        "date",
        "itself",
        "deep",
        "number",
        "two documents",
    ],
)
def test_what_is_no_cluster_file_is_refused_in_a_line(text: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(ClusterFileError, match=f"file: expected .*{found}".replace("expected .*expected", "expected")):
        check_cluster_file(tmp_path / "file")


def places(value, place=()):  # type: ignore[no-untyped-def]
    """Yield where each value of a document stands."""
    yield place
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*place, key))


@pytest.mark.parametrize("name", ["onprem.yaml", "aws.yaml", "gcp.yaml", "kuberay.yaml"])
def test_a_file_with_anything_in_any_place_is_met_with_words(name: str, here: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Of every other form, one at a time, where the shipped files have their values; nobody is asked."""
    for asked in ("check_aws", "check_gcp"):
        monkeypatch.setattr(checking, asked, lambda file: [*clouds._configurations(file.settings)][:0])
    monkeypatch.setattr(checking, "check_machines", lambda *_: [])
    monkeypatch.setattr(checking, "check_key", lambda file: [])
    monkeypatch.setattr(kubernetes, "_ask_cluster", lambda file: Check(file.name, "dry run", ok=True, found="taken"))
    file = read_cluster_file(changed(here, name))
    for number, document in enumerate(file.documents):
        for place in [place for place in places(document) if place and "env" not in place and place[-1] != "kind"]:
            for new in (None, 7, "text", [None]):
                altered = copy.deepcopy([*file.documents])
                spot: Any = altered[number]
                for key in place[:-1]:
                    spot = spot[key]
                if place[:1] == ("provider",) and place[-1] in ("provider", "type"):
                    continue  # what makes it such a file
                spot[place[-1]] = new
                faults([*checking._checks(replace(file, documents=tuple(altered)), None)])


def test_the_command_prints_one_object_and_ends_with_1_where_something_is_wrong(here: Path) -> None:
    command = [GALAXY, "cluster", "check", str(ROOT / "cluster/onprem.yaml"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    [first, *_] = json.loads(done.stdout)["checks"]
    assert done.returncode == 1
    assert list(first) == ["node", "check", "ok", "found", "advice"]
    shown = subprocess.run(command[:-1], capture_output=True, text=True, check=False, timeout=60).stdout
    assert "put your own in their place" in shown


def test_the_token_is_made_and_renewed_without_being_shown(here: Path) -> None:
    def tell(*options: str) -> tuple[bool, str]:
        done = subprocess.run(
            [GALAXY, "cluster", "token", "--json", *options], capture_output=True, text=True, check=True
        )
        token = (here / ".ray/auth_token").read_text()
        assert token not in done.stdout + done.stderr
        return json.loads(done.stdout)["made"], token

    (first, token), (second, same), (third, new) = tell(), tell(), tell("--new")
    assert (first, second, third) == (True, False, True)
    assert token == same != new


@pytest.mark.parametrize("options", [(), ("--new",)], ids=["made", "renewed"])
@pytest.mark.parametrize("place", ["file", "environment"])
def test_a_token_that_no_node_could_be_shipped_is_an_error(place: str, options, here: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (here / ".ray").touch()
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret" if place == "environment" else "")
    command = [GALAXY, "cluster", "token", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    expected = "in a file, found one in RAY_AUTH_TOKEN" if place == "environment" else f"write {here}/.ray/auth_token"
    assert done.returncode == 1
    assert re.fullmatch(f"galaxy: error: expected .*{expected}.*\n", done.stderr)
    assert done.stdout == ""
    assert "secret" not in done.stderr
