"""The Galaxy Challenge: `training_solutions_rev1.csv` of Galaxy Zoo's competition, beside its images.

The images, `<GalaxyID>.jpg`, lie in a folder or zip beside the table (as `images_training_rev1`), or together with it
in one folder or zip. The thresholds of ``five_classes`` are applied to the table's columns as they stand, although
these are cumulative: each is the fraction among all of the galaxy's votes, not among those who were asked the question.
That is what Zhu et al. 2019 did; on the whole table it gives 8,436 completely round, 8,069 in-between and 579
cigar-shaped galaxies, 3,903 edge-on and 7,806 spiral ones (the paper: 8,434, 8,069, 578, 3,903 and 7,806).

=======================  ====================================================
class                    rule
=======================  ====================================================
completely round smooth  Class1.1 ≥ 0.469 and Class7.1 ≥ 0.50
in-between smooth        Class1.1 ≥ 0.469 and Class7.2 ≥ 0.50
cigar-shaped smooth      Class1.1 ≥ 0.469 and Class7.3 ≥ 0.50
edge-on                  Class1.2 ≥ 0.430 and Class2.1 ≥ 0.602
spiral                   Class1.2 ≥ 0.430, Class2.2 ≥ 0.715 and Class4.1 ≥ 0.619
=======================  ====================================================
"""

from pathlib import Path

from datasets.sources.five_classes import Answer
from datasets.sources.listing import Listing
from datasets.sources.trees import open_tree
from datasets.sources.voted import Galaxy, find_table, listed, read_votes
from datasets.tables.reading import is_table, table_file

EXPECTED = "a folder or zip with training_solutions_rev1.csv and the images of the Galaxy Challenge"
KEY = "galaxyid"
COLUMNS = {
    Answer.SMOOTH: "class1.1",
    Answer.FEATURES: "class1.2",
    Answer.EDGE_ON: "class2.1",
    Answer.NOT_EDGE_ON: "class2.2",
    Answer.SPIRAL: "class4.1",
    Answer.ROUND: "class7.1",
    Answer.IN_BETWEEN: "class7.2",
    Answer.CIGAR: "class7.3",
}


def list_galaxy_challenge(source: Path) -> Listing:
    """List the Galaxy Challenge, given the folder or zip that holds it, or its table. Raises SourceError."""
    alone = source.is_file() and is_table(source.name)
    tree = open_tree(source.parent if alone else source, expected=EXPECTED)
    table = table_file(source) if alone else find_table(tree, KEY, COLUMNS[Answer.SMOOTH], expected=EXPECTED)[1]
    votes = read_votes(table, KEY, COLUMNS)
    return listed(tree, {name: Galaxy(label, name) for name, label in votes.items()}, expected=EXPECTED)
