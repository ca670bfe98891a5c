"""Searches on machines: launching trials on Ray (or in this process) and training the winners."""

import os
import sys
import tempfile
from pathlib import Path

from cluster.token import require_token
from datasets import attach_public_names

# Ray reads all of these once, when it is imported, hence before anything here imports it.
# A thread that waits for a Ray that has gone away is left behind: what it asks of Ray then must not start a new one.
os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
# Ray ends a driver without a word, status 1, where its raylet does not answer and the process of this number is gone
# (unset: its parent, as nohup's and systemd's). Its own number: never; `HealthCheck` looks (ray 2.60). A worker has its
# raylet's, and Ray imported, before anything here.
if "ray" not in sys.modules:
    os.environ["RAY_RAYLET_PID"] = str(os.getpid())
try:
    Path.home()
except RuntimeError:  # a user without a name or home, for whom Ray cannot be imported: it looks for one
    os.environ["HOME"] = tempfile.gettempdir()
require_token()

__getattr__, __dir__, __all__ = attach_public_names(__name__, __file__)
