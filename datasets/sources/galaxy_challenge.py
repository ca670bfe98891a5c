"""The Galaxy Challenge: `training_solutions_rev1.csv` of Galaxy Zoo's competition, beside its images.

The images, `<GalaxyID>.jpg`, lie in a folder or zip beside the table (as `images_training_rev1`), or together with it
in one folder or zip. The thresholds of ``five_classes`` are applied to the table's columns as they stand, although
these are cumulative: each is the fraction among all of the galaxy's votes, not among those who were asked the question.
That is what Zhu et al. 2019 did; on the whole table it gives 8,436 completely round, 8,069 in-between and 579
cigar-shaped galaxies, 3,903 edge-on and 7,806 spiral ones (the paper: 8,434, 8,069, 578, 3,903 and 7,806).
"""

from datasets.sources.finding import columns_of
from datasets.sources.five_classes import Answer
from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.sources.voted import Galaxy, listed, read_votes

OVER = frozenset({"table", "class-folders"})
EXPECTED = "a folder or zip with training_solutions_rev1.csv and the images of the Galaxy Challenge"
_IN_ORDER = ("class1.1", "class1.2", "class2.1", "class2.2", "class4.1", "class7.1", "class7.2", "class7.3")
COLUMNS = dict(zip(Answer, _IN_ORDER, strict=True))
"""The column of each answer, in small letters."""


KNOWN_BY = ("galaxyid", COLUMNS[Answer.SMOOTH])


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """See a table with the challenge's columns."""
    tables = [table for table in tree.tables if columns_of(table).issuperset(KNOWN_BY)]
    return Evidence(f"the votes in {tables[0].name}") if tables else None


def list_source(tree: Tree, _options: SourceOptions) -> Listing:
    """List the Galaxy Challenge, given the folder or archive that holds it, or its table. Raises SourceError."""
    votes = read_votes(tree, KNOWN_BY, COLUMNS, expected=EXPECTED)
    return listed(tree, {name: Galaxy(label, name) for name, label in votes.items()}, expected=EXPECTED)
