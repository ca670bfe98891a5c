"""How the command's process ends."""

import subprocess
import sys

_PRESSED_AT_THE_END = """
import atexit, os, signal, sys, time
from ui.cli.main import main
atexit.register(time.sleep, 30)
atexit.register(os.kill, os.getpid(), signal.SIGINT)
sys.argv = ["galaxy", "--version"]
main()
"""


def test_ctrl_c_while_the_interpreter_ends_leaves_at_once_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", _PRESSED_AT_THE_END], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (130, "")
    assert done.stdout.startswith("galaxy ")
