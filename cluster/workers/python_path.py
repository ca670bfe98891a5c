"""Which of several packages of one name a worker imports.

Ray puts the directory of the launch first on its workers' path when they get their first task: a folder `datasets/` or
a file `cluster.py` there would hide this project's. Whoever connects has each worker call `find_project_first` before.
"""


def find_project_first() -> None:
    """Let this project's packages be found before all others of their names, whatever comes to stand on the path.

    Sent by value: it imports what it needs and names nothing of this module, which a worker could not find yet.
    """
    import sys
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec, PathFinder
    from pathlib import Path
    from types import ModuleType

    packages = {"cluster", "datasets", "search", "trainer", "ui"}
    roots = [place for place in sys.path if Path(place, "cluster", "workers", "python_path.py").is_file()]

    class ProjectFinder:
        """Finds the five packages; their modules are found through them."""

        @staticmethod
        def find_spec(name: str, _path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
            return PathFinder.find_spec(name, roots, target) if name in packages else None

    sys.meta_path.insert(0, ProjectFinder)
