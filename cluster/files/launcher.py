"""What `ray up` itself demands of a file, looked at without a machine: schema, keys, files to ship, the token."""

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import normpath
from typing import Any

from cluster.files.reading import ClusterFile
from cluster.files.spelling import texts, unknown_key
from cluster.nodes.checks import Check
from cluster.nodes.code import CODE
from cluster.token import token_file

# Ray's schema allows anything below these two; what its launcher reads there (2.60).
_OF_PROVIDER = frozenset(
    {"type", "region", "availability_zone", "use_internal_ips", "use_external_head_ip", "cache_stopped_nodes"}
    | {"head_ip", "worker_ips", "external_head_ip", "coordinator_address", "project_id", "gcp_credentials"}
    | {"security_group", "aws_credentials", "cloudwatch", "disable_node_updaters", "disable_launch_config_check"}
    | {"foreground_node_launch", "worker_liveness_check", "worker_rpc_drain", "module", "HTTP_PROXY", "key_pair"}
)
_ONLY_AT_TOP = frozenset({"min_workers"})  # Ray's launcher takes it out before it looks at the schema
_FIRST_AUTOSCALER = "RAY_enable_autoscaler_v2=0"  # the second, of Ray 2.60, counts the head as one of the workers
_TOKEN = ("cluster/ray start", "RAY_AUTH_MODE=token")


def check_for_launcher(file: ClusterFile) -> list[Check]:
    """Look at what can be told of a file for `ray up` without asking anybody."""
    shapeless = [*_shape_faults(file.settings)]
    faults = shapeless or [*_faults(file.settings)]
    advice = "correct it: `ray up` refuses it, or reads it as if it were not there"
    schema = [Check(file.name, "schema", ok=False, found=fault, advice=advice) for fault in faults]
    if shapeless:
        return schema
    return [
        *(schema or [Check(file.name, "schema", ok=True, found="as `ray up` takes it")]),
        _check_mounts(file),
        _check_start(file),
    ]


def has_shape(file: ClusterFile) -> bool:
    """Whether mappings, lists and texts are where they belong, so that the rest can be looked at."""
    return not any(_shape_faults(file.settings))


def _shape_faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Say which of the settings that are read are of another form altogether; what is left out takes its default."""
    for name in ("auth", "file_mounts", "available_node_types"):
        if not isinstance(settings.get(name, {}), Mapping):
            yield f"{name}: expected names with values, found {settings[name]!r}"
    types = settings.get("available_node_types", {})
    for name, kind in types.items() if isinstance(types, Mapping) else ():
        configuration = kind.get("node_config", {}) if isinstance(kind, Mapping) else {}
        for place, value in ((name, kind), (f"{name}.node_config", configuration)):
            if not isinstance(value, Mapping):
                yield f"available_node_types.{place}: expected names with values, found {value!r}"
    for name in (name for name in settings if name.endswith("_commands")):
        commands = settings[name]
        if not isinstance(commands, list) or not all(isinstance(command, str) for command in commands):
            yield f"{name}: expected a list of commands, found {commands!r}"


def _faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Say what Ray's own schema and launcher find, one line a fault."""
    # Ray's launcher is no public module; what it reads is told nowhere else.
    import jsonschema
    import ray.autoscaler as autoscaler

    schema = json.loads((Path(autoscaler.__file__).parent / "ray-schema.json").read_text())
    given = {key: value for key, value in settings.items() if key not in _ONLY_AT_TOP}
    for error in sorted(jsonschema.Draft7Validator(schema).iter_errors(given), key=str):
        place = "".join(f"{part}." for part in error.absolute_path)
        if error.validator == "additionalProperties":
            known = [*error.schema.get("properties", ()), *_ONLY_AT_TOP]
            yield from (unknown_key(key, place, known) for key in error.instance if key not in known)
        else:
            yield f"{place.removesuffix('.') or 'file'}: {error.message}"
    yield from (unknown_key(key, "provider.", _OF_PROVIDER) for key in settings["provider"] if key not in _OF_PROVIDER)
    types = settings.get("available_node_types", {})
    if settings["provider"]["type"] == "local":
        if types:
            yield "available_node_types: machines that you have are of one type; only clouds have several"
        yield from _machine_faults(settings["provider"])
        heads = [
            command for command in settings.get("head_start_ray_commands") or [] if "--autoscaling-config" in command
        ]
        if not all(_FIRST_AUTOSCALER in command for command in heads):
            yield f"head_start_ray_commands: without {_FIRST_AUTOSCALER} Ray's second autoscaler leaves out one worker"
    elif str(settings.get("head_node_type")) not in types:
        yield f"head_node_type: expected one of {', '.join(types) or 'available_node_types'}"


def _machine_faults(provider: Mapping[str, Any]) -> Iterator[str]:
    if "coordinator_address" in provider:
        return
    workers = provider.get("worker_ips")
    if "head_ip" not in provider or not isinstance(workers, list):
        yield "provider: expected head_ip and a list worker_ips"
        return
    wrong = [worker for worker in workers if not isinstance(worker, str) or not worker]
    yield from (f"provider.worker_ips: expected addresses, as text, found {worker!r}" for worker in wrong)
    if workers and str(provider["head_ip"]).startswith(("127.", "localhost")):
        yield f"provider.head_ip: no worker reaches {provider['head_ip']}; expected the head's address in the network"
    twice = {str(address) for address in workers if workers.count(address) > 1}
    yield from (f"provider.worker_ips: {address} stands there twice" for address in sorted(twice))
    if provider["head_ip"] in workers:
        yield f"provider.worker_ips: {provider['head_ip']} is the head, whose CPUs take trials, too"


def _check_mounts(file: ClusterFile) -> Check:
    """Whether what is to be shipped is there, seen from the current directory, as the launcher does."""
    mounts = file.settings.get("file_mounts") or {}
    sources = [str(source) for source in mounts.values()]
    absent = [source for source in sources if not Path(source).expanduser().exists() and not _is_token(source)]
    if absent:
        found, advice = f"{', '.join(absent)} not found", "give the command in the folder of the checkout"
        return Check(file.name, "files to ship", ok=False, found=found, advice=advice)
    return Check(file.name, "files to ship", ok=True, found=f"{len(sources)} of {len(sources)} found")


def shipped_code(file: ClusterFile) -> dict[str, frozenset[str]]:
    """Return the folders of code that are shipped, and the files in each.

    Of each its place: below the home directory, or an absolute path.
    """
    mounts = file.settings.get("file_mounts") or {}
    folders = {normpath(str(there)): Path(str(here)).expanduser() for there, here in mounts.items()}
    return {
        there.removeprefix("~/"): frozenset(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in CODE
        )
        for there, folder in folders.items()
        if there.startswith(("~/", "/")) and folder.is_dir()
    }


def _check_start(file: ClusterFile) -> Check:
    """Whether every node gets the token, and starts with none but that."""
    mounts = file.settings.get("file_mounts") or {}
    shipped = [str(here) for there, here in mounts.items() if str(there).endswith(".ray/auth_token")]
    if not shipped:
        advice = "add `~/.ray/auth_token: ~/.ray/auth_token` to file_mounts"
        return Check(file.name, "token shipped", ok=False, found="not to the nodes", advice=advice)
    if Path(shipped[0]).expanduser() != token_file():
        advice = f"`~/.ray/auth_token: {token_file()}` in file_mounts, or unset RAY_AUTH_TOKEN_PATH"
        return Check(file.name, "token shipped", ok=False, found=f"{shipped[0]}, not yours", advice=advice)
    starts = [
        command
        for place, command in texts(file.settings)
        if place.rpartition(".")[0].endswith("start_ray_commands") and "ray start" in command
    ]
    if len(starts) < 2 or not all(any(word in command for word in _TOKEN) for command in starts):
        advice = "start head and workers by `~/galaxy-tuner/cluster/ray start …`: without a token anybody may run code"
        return Check(file.name, "token shipped", ok=False, found="Ray would start without it", advice=advice)
    return Check(file.name, "token shipped", ok=True, found="to every node, which starts with it alone")


def check_tools() -> Check:
    """Whether this machine has what Ray's launcher calls."""
    absent = [tool for tool in ("ssh", "ssh-keygen", "rsync") if shutil.which(tool) is None]
    if absent:
        advice = "install them (openssh-client, rsync): Ray's launcher calls them"
        return Check("this machine", "tools", ok=False, found=f"no {', '.join(absent)}", advice=advice)
    return Check("this machine", "tools", ok=True, found="ssh, rsync")


def check_key(file: ClusterFile) -> list[Check]:
    """Whether the private key for ssh is there, nobody else's to read, and open; none where the file names none."""
    named = (file.settings.get("auth") or {}).get("ssh_private_key")
    if named is None:
        return []
    key = Path(str(named)).expanduser()
    try:
        mode = stat.S_IMODE(key.stat().st_mode)
    except OSError as error:
        advice = f"make one (`ssh-keygen -f {named}`) and bring it to every machine (`ssh-copy-id`), or name another"
        return [Check("this machine", "ssh key", ok=False, found=f"{named}: {error.strerror}", advice=advice)]
    if mode & 0o077:
        found = f"{named}: mode {mode:04o}, which ssh refuses"
        return [Check("this machine", "ssh key", ok=False, found=found, advice=f"chmod 600 {named}")]
    tried = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", key], capture_output=True, text=True, errors="replace")
    if "passphrase" in tried.stderr:
        advice = "name a key without one: the head reaches the workers with it, and nobody is there to be asked"
        return [Check("this machine", "ssh key", ok=False, found=f"{named} has a passphrase", advice=advice)]
    if tried.returncode:
        advice = "name the private key, which lies beside what ends in .pub"
        return [Check("this machine", "ssh key", ok=False, found=f"{named} is no private key", advice=advice)]
    return [Check("this machine", "ssh key", ok=True, found=str(named))]


def _is_token(source: str) -> bool:
    return Path(source).name == "auth_token"
