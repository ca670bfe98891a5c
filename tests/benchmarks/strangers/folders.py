"""Temporary folders, homes and users, and what lies where the command is given."""

import sys
from functools import partial

from benchmarks.strangers.judging import Verdict, completed, refused, right, unmeasured, worked, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation
from benchmarks.strangers.version import PACKAGES, REPOSITORY

_HOSTILE = "raise RuntimeError('this is the user\\'s own module')\n"


def one_trial(place: Place, **variables: str) -> Verdict:
    """Run one trial on Ray."""
    return completed(place.search("build", "--trials", "1", address="local", **variables), 1)


def elsewhere(place: Place, *, name: str) -> Verdict:
    """Have temporary files in a folder of another name."""
    (place.folder / name).mkdir()
    return one_trial(place, TMPDIR=str(place.folder / name))


def mounted(place: Place, *, shell: str, **variables: str) -> Verdict:
    """Run in a file system of one's own, in which ``shell`` has mounted something."""
    (place.folder / "t").mkdir()
    place.behind = ("unshare", "--mount", "sh", "-c", f'{shell} && exec "$@"', "sh")
    if place.program("true").status != 0:
        return unmeasured("mounting is not allowed here")
    return one_trial(place, **{name: str(place.folder / value) for name, value in variables.items()})


def nameless(place: Place) -> Verdict:
    """Be a user without a name and a home, as in a container."""
    place.behind = ("unshare", "--user", "--map-user=54321", "--map-group=54321", "env", "-u", "HOME", "-u", "USER")
    if place.program("true").status != 0:
        return unmeasured("user namespaces are not allowed here")
    return one_trial(place)


def without_home(place: Place, *, home: str) -> Verdict:
    """Have a home that is not there, or that nobody can write."""
    return one_trial(place, HOME=home)


def beside(place: Place, *, names: tuple[str, ...], kind: str) -> Verdict:
    """Have packages, empty folders or files of our packages' names where the command is given."""
    for name in names:
        if kind == "file":
            (place.folder / f"{name}.py").write_text(_HOSTILE)
            continue
        (place.folder / name).mkdir()
        if kind == "package":
            (place.folder / name / "__init__.py").write_text(_HOSTILE)
    return one_trial(place)


def empty_folder(place: Place) -> Verdict:
    """Import the project in a Python of one's own, beside an empty folder."""
    (place.folder / "datasets").mkdir()
    return worked(place.python("import datasets\nprint(datasets.Dataset.open('d').info.image_size)"))


def real_module(place: Place) -> Verdict:
    """Import the project in a Python of one's own, beside a module of one's own of the same name."""
    (place.folder / "datasets.py").write_text("IMAGES = 5\n")
    done = place.python("from cluster import run_search\nprint(run_search)")
    if done.status == 0:
        return wrong("imports, with the other's datasets")
    return right(done.line) if str(place.folder / "datasets.py") in done.line else done.failed()


def other_distribution(place: Place) -> Verdict:
    """Have another distribution's `datasets` in the environment, as Hugging Face's is."""
    home, version = place.folder / "environment", f"python{sys.version_info.major}.{sys.version_info.minor}"
    place.program(sys.executable, "-m", "venv", "--without-pip", str(home))
    packages = home / "lib" / version / "site-packages"
    (packages / "datasets").mkdir()
    (packages / "datasets" / "__init__.py").write_text("def load_dataset(name): ...\n")
    information = packages / "datasets-4.0.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: datasets\nVersion: 4.0.0\n")
    (information / "RECORD").write_text("datasets/__init__.py,,\ndatasets-4.0.0.dist-info/METADATA,,\n")
    here = next(entry for entry in sys.path if entry.endswith("site-packages"))
    (packages / "others.pth").write_text(f"{here}\n{REPOSITORY}\n")
    command = place.version.galaxy[-1]
    return refused(
        place.program(str(home / "bin" / "python"), command, "info", "d"), "datasets", "environment of its own"
    )


_FULL = "mount -t tmpfs -o size=1m none t && head -c 1m /dev/zero > t/full; true"
_FOREIGN = "mount -t tmpfs none t && mkdir t/ray && chown 1000 t/ray && chmod 755 t/ray"
_PLACES, _DIRECTORY = "Temporary folders and homes", "The working directory"
SITUATIONS = (
    Situation(_PLACES, "TMPDIR of 60 characters and more", partial(elsewhere, name="job-" + 40 * "x")),
    Situation(_PLACES, "TMPDIR with non-ASCII letters", partial(elsewhere, name="ä")),
    Situation(_PLACES, "TMPDIR that is full", partial(mounted, shell=_FULL, TMPDIR="t")),
    Situation(_PLACES, "TMPDIR of 8 MB", partial(mounted, shell="mount -t tmpfs -o size=8m none t", TMPDIR="t")),
    Situation(_PLACES, "TMPDIR on another filesystem", partial(mounted, shell="mount -t tmpfs none t", TMPDIR="t")),
    Situation(_PLACES, "`$TMPDIR/ray` of another user", partial(mounted, shell=_FOREIGN, TMPDIR="t")),
    Situation(_PLACES, "/dev/shm of 64 MB", partial(mounted, shell="mount -t tmpfs -o size=64m none /dev/shm")),
    Situation(
        _PLACES, "HOME on a read-only filesystem", partial(mounted, shell="mount -t tmpfs -o ro none t", HOME="t")
    ),
    Situation(_PLACES, "HOME that is absent", partial(without_home, home="/dev/null/none")),
    Situation(_PLACES, "a user without a name and a HOME", nameless),
    Situation(_DIRECTORY, "packages of our five names there", partial(beside, names=PACKAGES, kind="package")),
    Situation(_DIRECTORY, "empty folders of our five names there", partial(beside, names=PACKAGES, kind="folder")),
    Situation(_DIRECTORY, "a file cluster.py there", partial(beside, names=("cluster",), kind="file")),
    Situation(_DIRECTORY, "an empty folder datasets/, in a Python of one's own", empty_folder),
    Situation(_DIRECTORY, "a module datasets.py, in a Python of one's own", real_module),
    Situation(_DIRECTORY, "another distribution's `datasets` (Hugging Face)", other_distribution),
)
