"""The page's own process: ``python -m ui.web.serving PORT STORAGE [MODULE…]`` runs Streamlit until standard input ends.

Whoever starts it holds the other end of standard input, so the page never outlives its starter.
"""

import os
import sys
import threading
from pathlib import Path

from trainer import BundleError, import_modules

# Only this machine may ask: the page shows whatever the files of its user hold.
HOST = "127.0.0.1"
HAS_SAID_WHY = 4
"""Exit status where a line has said why the page cannot start. Streamlit has no such one."""
# A calm look that also tells apart what has to be told apart; the dark colours are for those whose system is dark.
_THEME = {
    "theme.base": "light",
    "theme.primaryColor": "#3B5BDB",
    "theme.textColor": "#1F2430",
    "theme.secondaryBackgroundColor": "#F5F6FA",
    "theme.borderColor": "#E3E6EF",
    "theme.baseRadius": "8px",
    "theme.baseFontSize": "15",
    "theme.headingFontSizes": "1.75rem, 1.3rem, 1.1rem",
    "theme.showWidgetBorder": "true",
    "theme.paddingTop": "1rem",
    "theme.metricValueFontSize": "1.6rem",
}


def flags(port: int) -> list[str]:
    """Return Streamlit's settings as its command line takes them: for this machine only, sending nothing home.

    A page in another tab must not reach this one under a name of its own (DNS rebinding): hence the allowed hosts.
    """
    settings = {
        "server.address": HOST,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",
        "client.toolbarMode": "minimal",
        **_THEME,
    }
    hosts = [f"--server.allowedHosts={host}" for host in (HOST, "localhost")]
    return [*(f"--{name}={value}" for name, value in settings.items()), *hosts]


def main() -> None:
    """Serve the page; returns when Streamlit ends, by SystemExit where a module cannot be imported."""
    from streamlit.web import cli

    port, storage, modules = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    try:
        import_modules(modules)
    except BundleError as error:
        sys.stderr.write(f"galaxy: error: {error}\n")
        sys.exit(HAS_SAID_WHY)
    threading.Thread(target=_end_with_input, daemon=True).start()
    cli.main(["run", str(Path(__file__).with_name("app.py")), *flags(port), "--", storage], prog_name="galaxy ui")


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
