# For users.
from .cli.main import main as main
