"""The Galaxy Challenge: `training_solutions_rev1.csv` of Galaxy Zoo's competition, beside its images.

The images, `<GalaxyID>.jpg`, lie in a folder or zip beside the table (as `images_training_rev1`), or together with it
in one folder or zip. The thresholds of ``five_classes`` are applied to the table's columns as they stand, although
these are cumulative: each is the fraction among all of the galaxy's votes, not among those who were asked the question.
That is what Zhu et al. 2019 did; on the whole table it gives 8,436 completely round, 8,069 in-between and 579
cigar-shaped galaxies, 3,903 edge-on and 7,806 spiral ones (the paper: 8,434, 8,069, 578, 3,903 and 7,806).
"""

from pathlib import Path

from datasets.sources.five_classes import Answer
from datasets.sources.listing import Listing
from datasets.sources.voted import Galaxy, listed, read_votes

EXPECTED = "a folder or zip with training_solutions_rev1.csv and the images of the Galaxy Challenge"
_IN_ORDER = ("class1.1", "class1.2", "class2.1", "class2.2", "class4.1", "class7.1", "class7.2", "class7.3")
COLUMNS = dict(zip(Answer, _IN_ORDER, strict=True))
"""The column of each answer, in small letters."""


def list_galaxy_challenge(source: Path) -> Listing:
    """List the Galaxy Challenge, given the folder or zip that holds it, or its table. Raises SourceError."""
    tree, votes = read_votes(source, ("galaxyid", COLUMNS[Answer.SMOOTH]), COLUMNS, expected=EXPECTED)
    return listed(tree, {name: Galaxy(label, name) for name, label in votes.items()}, expected=EXPECTED)
