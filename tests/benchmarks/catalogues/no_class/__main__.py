"""What tells galaxies of no class, and how well: chosen on one half of them, reported once on the other.

    PYTHONPATH=tests python -m benchmarks.catalogues.no_class halves ../shared/data/no-class.zip HALVES
    galaxy import SOURCE gz.galaxy --unlabelled HALVES/chosen-on.zip
    galaxy fit gz.galaxy --name n --time-limit 15m
    PYTHONPATH=tests python -m benchmarks.catalogues.no_class scores runs/n gz.galaxy CONFIGURATION
    PYTHONPATH=tests python -m benchmarks.catalogues.no_class exposure runs/n gz.galaxy CONFIGURATION --more TESTSET
    PYTHONPATH=tests python -m benchmarks.catalogues.no_class heads runs/n gz.galaxy CONFIGURATION --more TESTSET
    PYTHONPATH=tests python -m benchmarks.catalogues.no_class report runs/n/model gz.galaxy HALVES/reported-on.zip

CONFIGURATION is a finalist, such as 0001, whose beginnings are in ``runs/n/training``. ``scores``, ``exposure``
and ``heads`` look at validation images and the half that the dataset keeps; ``report`` at test images and the other
half. With ``--left-out N`` it passes over N images drawn with seed 1; the others compare on these by ``--more TESTSET
--count N``.
"""

import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

from benchmarks.catalogues.no_class import comparing, exposing, heads, reporting


def halves(source: Path, out: Path) -> None:
    """Part a zip in two by hashes of the names, whose order says nothing."""
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")]
        names.sort(key=lambda name: hashlib.sha256(Path(name).stem.encode()).digest())
        middle = len(names) // 2
        for half, those in {"chosen-on": names[:middle], "reported-on": names[middle:]}.items():
            with zipfile.ZipFile(out / f"{half}.zip", "w") as written:
                for name in sorted(those):
                    written.writestr(Path(name).name, archive.read(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    doing = parser.add_subparsers(dest="what", required=True)
    of_halves = doing.add_parser("halves")
    of_halves.add_argument("source", type=Path)
    of_halves.add_argument("out", type=Path)
    for name in ("scores", "exposure", "heads"):
        of_networks = doing.add_parser(name)
        of_networks.add_argument("search")
        of_networks.add_argument("dataset")
        of_networks.add_argument("configuration")
        of_networks.add_argument("--more", help="a dataset, of whose test images some are compared on, too")
        of_networks.add_argument("--count", type=int, default=4000, help="how many of them")
    of_report = doing.add_parser("report")
    of_report.add_argument("model")
    of_report.add_argument("dataset")
    of_report.add_argument("none")
    of_report.add_argument("--left-out", type=int, default=0)
    of_report.add_argument("--share", type=float, default=0.53, help="of galaxies of no class in a catalogue")
    options = parser.parse_args()
    if options.what == "halves":
        halves(options.source, options.out)
    elif options.what == "scores":
        comparing.compare(options.search, options.dataset, options.configuration, options.more, options.count)
    elif options.what == "exposure":
        exposing.expose(options.search, options.dataset, options.configuration, options.more, options.count)
    elif options.what == "heads":
        heads.compare(options.search, options.dataset, options.configuration, options.more, options.count)
    else:
        reporting.report(options.model, options.dataset, options.none, options.left_out, options.share)


if __name__ == "__main__":
    sys.exit(main())
