"""Galaxy Zoo 2's own release: two tables and the images that the second one names.

`gz2_hart16.csv` (also gzipped; Hart et al. 2016, MNRAS 461, 3663) has a row a galaxy, `dr7objid`, with the debiased
vote fractions; `gz2_filename_mapping.csv` leads from `objid` to `asset_id`, and `<asset_id>.jpg` is the image (Zenodo
3565489). The images lie in a folder or zip beside the tables, or together with them.

The thresholds of ``five_classes`` are those that Willett et al. 2013 (table 3) recommend for debiased fractions, so
these columns decide, each the fraction among those who were asked the question.
Classes of the same names come from the Galaxy Challenge by raw, cumulative fractions: they are close, not the same.
Several images of a galaxy (the mapping has some, of deeper exposures) have one object id.
"""

import pyarrow as pa

from datasets.sources.finding import columns_of, find_table
from datasets.sources.five_classes import Answer
from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.sources.voted import Galaxy, listed, read_votes
from datasets.tables.reading import Table

OVER = frozenset({"table", "class-folders"})
EXPECTED = "a folder or zip with gz2_hart16.csv, gz2_filename_mapping.csv and the images of Galaxy Zoo 2"
COLUMNS = {
    Answer.SMOOTH: "t01_smooth_or_features_a01_smooth_debiased",
    Answer.FEATURES: "t01_smooth_or_features_a02_features_or_disk_debiased",
    Answer.EDGE_ON: "t02_edgeon_a04_yes_debiased",
    Answer.NOT_EDGE_ON: "t02_edgeon_a05_no_debiased",
    Answer.SPIRAL: "t04_spiral_a08_spiral_debiased",
    Answer.ROUND: "t07_rounded_a16_completely_round_debiased",
    Answer.IN_BETWEEN: "t07_rounded_a17_in_between_debiased",
    Answer.CIGAR: "t07_rounded_a18_cigar_shaped_debiased",
}


KNOWN_BY = ("dr7objid", COLUMNS[Answer.SMOOTH])


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """See a table with the release's columns."""
    tables = [table for table in tree.tables if columns_of(table).issuperset(KNOWN_BY)]
    return Evidence(f"the votes in {tables[0].name}") if tables else None


def list_source(tree: Tree, _options: SourceOptions) -> Listing:
    """List the release, given the folder or archive that holds it, or its table of votes. Raises SourceError."""
    votes = read_votes(tree, KNOWN_BY, COLUMNS, expected=EXPECTED)
    whole = tree.beside() if tree.is_file else tree
    mapping = find_table(whole, "asset_id", "objid", expected=EXPECTED)
    return listed(whole, _by_asset(mapping, votes), expected=EXPECTED)


def _by_asset(mapping: Table, votes: dict[str, int]) -> dict[str, Galaxy]:
    """Join the tables: what is known of each image by its name. Ids have 18 digits, so they are read as text."""
    galaxies = {}
    for batch in mapping.read({"objid": pa.string(), "asset_id": pa.string()}):
        for objid, asset in zip(batch["objid"].to_pylist(), batch["asset_id"].to_pylist(), strict=True):
            if objid in votes:
                galaxies[asset] = Galaxy(votes[objid], objid)
    return galaxies
