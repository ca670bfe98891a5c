"""A program that takes memory until Ray ends workers for it, and holds what it has; whoever started it ends it."""

import time

from cluster.nodes.memory import NodeMemory

_STEP = 2**26
_BEYOND = 2**28


def main() -> None:
    """Take and hold."""
    held = []
    while True:
        memory = NodeMemory.now()
        if memory is not None and memory.left > -_BEYOND:
            held.append(b"x" * _STEP)
        else:
            time.sleep(0.1)


if __name__ == "__main__":
    main()
