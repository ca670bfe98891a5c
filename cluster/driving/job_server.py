"""Ray's server of jobs, on a head's dashboard: a command that it is given runs there, with or without whoever gave it.

The dashboard takes nobody without the token. It listens on the head's own loopback unless it is told otherwise: it is
reached from the head, or through a tunnel, as `ray dashboard FILE` makes one. Plain HTTP shows the token on its way.
"""

import ipaddress
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cluster.driving.interrupting import Terminated
from cluster.driving.log_file import noise_logged
from cluster.errors import ClusterError
from cluster.token import has_token, how_to_take, token_file, token_place

if TYPE_CHECKING:  # it takes a second, for what may be refused before
    from ray.job_submission import JobSubmissionClient

DASHBOARD = "http://127.0.0.1:8265"
"""Where Ray's dashboard is, seen from its head or through the tunnel of `ray dashboard`."""
_ADDRESS = "RAY_API_SERVER_ADDRESS"
_CONNECT_SECONDS = 10.0
_BEGIN_SECONDS = 90.0
_LOOK_SECONDS = 0.5
# What Ray's client raises where the dashboard is away, or answers with an error.
_FAULTS = (ConnectionError, RuntimeError, OSError)
_log = logging.getLogger(__name__)
# Where Ray was started by its full name, the `galaxy` of its environment is on no path. The job's parent is a worker of
# Ray's, and that one's is the raylet, whose command line says with which Python it starts workers.
_GALAXY = (
    r"""raylet=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status); """
    r"""bin=$(tr '\0' '\n' < /proc/$raylet/cmdline | """
    r"""sed -n 's|^--python_worker_command="\{0,1\}\(/.*/\)python[0-9.]*"\{0,1\} .*|\1|p'); """
    r"""[ -x "${bin}galaxy" ] || bin=; exec "${bin}galaxy" """
)


def dashboard_of(address: str) -> str:
    """Return the URL of the dashboard that ``--address`` gives. Raises ClusterError, one line, for what is none."""
    said = f"--address {address}"
    if address in ("local", "auto"):
        address = os.environ.get(_ADDRESS) or DASHBOARD
        said = f"{_ADDRESS}={address}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ClusterError(
            f"{said}: --submit needs the head's dashboard, such as {DASHBOARD}: on the head, or through "
            "`ray dashboard FILE` or `ssh -L 8265:127.0.0.1:8265 HEAD`"
        )
    if parts.scheme == "http" and _is_public(parts.hostname):
        raise ClusterError(
            f"{said}: plain HTTP over a public address would show the token: leave the dashboard on the "
            f"head's 127.0.0.1, and reach it through `ssh -L 8265:127.0.0.1:8265 {parts.hostname}` as {DASHBOARD}"
        )
    return address


def run_as_job(
    dashboard: str, command: str, *, job: str, files: Mapping[str, bytes], has_begun: Callable[[int], bool]
) -> bool:
    """Have the job ``job`` run ``galaxy <command>`` on the head, in a folder with ``files``, and see it begin.

    ``has_begun`` is asked whether the driver of a process number is at work. Return whether it is within 90 s.

    Raises ClusterError, one line, if there is no dashboard, it takes other tokens, or the job fails before it begins.
    """
    _check_here(dashboard)
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobSubmissionClient

    try:
        with noise_logged():  # it says what it uploads
            client = JobSubmissionClient(dashboard)
            _submit(client, command, job, files)
            try:
                return _begun(client, job, has_begun)
            except (KeyboardInterrupt, Terminated):
                _log.warning("The job %s goes on there.", job)
                raise
    except AuthenticationError as error:
        raise ClusterError(
            f"--address {dashboard}: that Ray has another token than the one in {token_place()}: "
            f"{how_to_take('its head')}"
        ) from error
    except _FAULTS as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ClusterError(f"--address {dashboard}: Ray's dashboard there does not take the search: {first}") from error


def _submit(client: "JobSubmissionClient", command: str, job: str, files: Mapping[str, bytes]) -> None:
    with TemporaryDirectory(prefix="galaxy-tuner-") as folder:
        for name, data in files.items():
            place = Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        environment = {"working_dir": folder} if files else None
        client.submit_job(entrypoint=_GALAXY + command, submission_id=job, runtime_env=environment)


def _logs(client: "JobSubmissionClient", job: str) -> str:
    """Return what a job said; nothing where the dashboard does not know it any more."""
    try:
        return str(client.get_job_logs(job))
    except _FAULTS:
        return ""


def _begun(client: "JobSubmissionClient", job: str, has_begun: Callable[[int], bool]) -> bool:
    """Wait until the job's driver is at work; return whether it is in time. Raises ClusterError if the job fails.

    The job was taken: a dashboard that fails meanwhile is asked again.
    """
    deadline = time.monotonic() + _BEGIN_SECONDS
    while time.monotonic() < deadline:
        try:
            about = client.get_job_info(job)
        except _FAULTS as error:
            _log.info("The dashboard does not say how job %s is: %s", job, error)
            time.sleep(_LOOK_SECONDS)
            continue
        match str(about.status):
            case "SUCCEEDED":
                return True
            case "FAILED":
                said = (_logs(client, job) or str(about.message)).strip().splitlines()
                raise ClusterError(f"the job {job} failed: {_why(said[-1]) if said else 'it has said nothing'}")
            case "STOPPED":
                raise ClusterError(f"the job {job} was stopped before it had begun")
        # It is known once the driver has joined Ray.
        if about.driver_info is not None and has_begun(int(about.driver_info.pid)):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _why(line: str) -> str:
    return line.removeprefix("galaxy: ").removeprefix("error: ")


def _check_here(dashboard: str) -> None:
    """Raise ClusterError for what lacks before anything is asked of Ray, which says little of it."""
    if any(find_spec(name) is None for name in ("aiohttp", "requests")):
        raise ClusterError(
            "--submit: expected Ray's client of its server of jobs in this environment, found none: "
            "install the extra `submit` (pip install 'ray[default]')"
        )
    if not has_token():
        raise ClusterError(
            f"--address {dashboard}: expected that Ray's token in {token_file()}, found none: "
            "copy the file from its head, with mode 0600"
        )
    parts = urlsplit(dashboard)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"--address {dashboard}: expected the head's dashboard there, found none ({error}): start Ray on the head "
            "from an environment of the lock file, and from elsewhere go through `ray dashboard FILE` or "
            "`ssh -L 8265:127.0.0.1:8265 HEAD`"
        ) from error


def _is_public(host: str) -> bool:
    try:
        places = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False  # it will be said that it is not there
    return any(ipaddress.ip_address(place).is_global for place in places)
