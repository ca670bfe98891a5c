"""The files that every host finds other than the machine has them: its user, its keys, a checkout that is set up."""

import compileall
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from hosts.plan import CHECKOUT, HOME, SHARED, USER, USER_ID, Plan, run

HIDDEN = ("tmp", "home", "root", "run")
PACKAGES = Path("/opt/packages")
"""Where hosts find the packages of the Python that runs the tests."""
_OWN = Path(__file__).parents[2]
_LEFT_OUT = (".venv*", ".git", ".*_cache", "runs", "demo")
_CLIENT = "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n"


def furnish(plan: Plan) -> None:
    """Lay out what every host finds, in an empty folder of a filesystem that knows ``trusted`` attributes."""
    base = plan.base
    for name in HIDDEN:
        (base / name).mkdir()
        os.setxattr(base / name, "trusted.overlay.opaque", b"y")
    (base / "tmp").chmod(0o1777)
    (base / "root").chmod(0o711)  # the Python that runs the tests may lie in there
    for place in (SHARED, *(target for _source, target in shared())):
        base.joinpath(place.relative_to("/")).mkdir(parents=True, exist_ok=True)
    _configure(base / "etc", plan.addresses)
    home = base / HOME.relative_to("/")
    skeleton = Path("/etc/skel")
    shutil.copytree(skeleton, home) if skeleton.is_dir() else home.mkdir()
    _make_keys(base / "etc/ssh", home / ".ssh")
    _set_up(base / CHECKOUT.relative_to("/"))
    for folder, _, files in os.walk(home):
        for path in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118, some thousand
            os.lchown(path, USER_ID, USER_ID)


def shared() -> list[tuple[Path, Path]]:
    """Return folders of the machine that each host sees, and may not change: from where, and where it sees them."""
    prefix = Path(sys.base_prefix)
    hidden = len(prefix.parts) > 1 and prefix.parts[1] in HIDDEN
    return [(Path(sysconfig.get_path("purelib")), PACKAGES), *([(prefix, prefix)] if hidden else [])]


def _configure(etc: Path, addresses: dict[str, str]) -> None:
    (etc / "ssh").mkdir(parents=True)
    lines = ["127.0.0.1 localhost", *(f"{address} {host}" for host, address in addresses.items())]
    (etc / "hosts").write_text("\n".join(lines) + "\n")
    (etc / "resolv.conf").write_text("")
    (etc / "ssh/ssh_config").write_text(_CLIENT)
    (etc / "passwd").write_text(f"{Path('/etc/passwd').read_text()}{USER}:x:{USER_ID}:{USER_ID}::{HOME}:/bin/bash\n")
    (etc / "group").write_text(f"{Path('/etc/group').read_text()}{USER}:x:{USER_ID}:\n")
    (etc / "shadow").write_text(f"{USER}:*:20000:0:99999:7:::\n")
    (etc / "shadow").chmod(0o600)


def _make_keys(host: Path, user: Path) -> None:
    """Make the hosts' key, and the user's, which lets in everywhere."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host / "lab_key")
    user.mkdir(mode=0o700)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", user / "id_ed25519")
    (user / "id_ed25519.pub").rename(user / "authorized_keys")


def _set_up(checkout: Path) -> None:
    """Copy this checkout, and give it an environment that uses the packages of this one."""
    shutil.copytree(_OWN, checkout, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    compileall.compile_dir(checkout, quiet=2, stripdir=str(checkout.parents[2]))
    environment = checkout / ".venv"
    packages = environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "lab.pth").write_text(f"{PACKAGES}\n{CHECKOUT}\n")
    interpreter = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    (environment / "pyvenv.cfg").write_text(f"home = {interpreter.parent}\ninclude-system-site-packages = false\n")
    (environment / "bin").mkdir()
    for name in ("python", "python3", interpreter.name):
        (environment / "bin" / name).symlink_to(interpreter)
    _copy_commands(Path(sys.executable).parent, environment / "bin")
    (environment / ".installed").touch()


def _copy_commands(source: Path, target: Path) -> None:
    """Copy the commands that packages have brought, to be run by the Python beside the copies."""
    begins = f"#!{source}/python".encode()
    for command in source.iterdir():
        with command.open("rb") as file:
            if file.read(len(begins)) != begins:
                continue
        _first, _, script = command.read_bytes().partition(b"\n")
        (target / command.name).write_bytes(f"#!{CHECKOUT}/.venv/bin/python\n".encode() + script)
        (target / command.name).chmod(0o755)
