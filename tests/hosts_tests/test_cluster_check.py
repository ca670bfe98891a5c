"""`galaxy cluster check` between hosts, with the shipped file, addresses alone changed: well first, then not."""

import json

import pytest
from hosts import Host, lab

pytestmark = pytest.mark.hosts


def faults(launcher: Host) -> dict[str, str]:
    """Return what is wrong, by node and check."""
    command = "cd galaxy-tuner && .venv/bin/galaxy cluster check cluster/onprem.yaml --storage /shared --json"
    checks = json.loads(launcher.run(command, check=False).stdout)["checks"]
    assert {check["node"] for check in checks if "." in check["node"]} >= {"onprem.yaml", "10.77.0.2"}
    return {f"{check['node']}: {check['check']}": check["found"] for check in checks if not check["ok"]}


def test_machines_are_judged_by_ssh_through_the_head_as_the_launcher_will_reach_them() -> None:
    with lab("launcher", "head", "worker1", "worker2") as hosts:
        launcher, head, worker1, worker2 = hosts
        change = "s/192.0.2.10/10.77.0.2/; s/192.0.2.11, 192.0.2.12/10.77.0.3, 10.77.0.4/"
        launcher.run(f"sed -i '{change}' galaxy-tuner/cluster/onprem.yaml; rm -rf .ray")
        assert faults(launcher) == {}
        assert launcher.run("stat -c %a .ray/auth_token").stdout == "600\n"
        worker1.run("mv .ssh/authorized_keys .ssh/away")
        worker2.cut()
        head.run("mv /usr/bin/gcc /usr/bin/away", root=True)
        found = faults(launcher)
        assert "Permission denied" in found.pop("10.77.0.3: reached")
        assert "not from the head" in found.pop("10.77.0.4: reached")
        assert found == {"10.77.0.2: tools": "no gcc"}
