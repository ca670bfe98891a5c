"""Galaxy Zoo 2's own release: two tables and the images that the second one names.

`gz2_hart16.csv` (also gzipped; Hart et al. 2016, MNRAS 461, 3663) has a row a galaxy, `dr7objid`, with the debiased
vote fractions; `gz2_filename_mapping.csv` leads from `objid` to `asset_id`, and `<asset_id>.jpg` is the image (Zenodo
3565489). The images lie in a folder or archive beside the tables, or together with them.

Zhu's thresholds are those that Willett et al. 2013 (table 3) recommend for debiased fractions, so these columns decide,
each the fraction among those who were asked the question.
Classes of the same names come from the Galaxy Challenge by raw, cumulative fractions: they are close, not the same.
Several images of a galaxy (the mapping has some, of deeper exposures) have one object id.
"""

import pyarrow as pa

from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.sources.votes.choice import Labels, deciding, refuse_class_folders
from datasets.sources.votes.finding import find_table, images_by_stem
from datasets.sources.votes.reading import Galaxy, Votes, read_votes
from datasets.sources.votes.tables import VoteTable, needed_tables, rules_of, vote_tables
from datasets.sources.votes.voted import listed
from datasets.tables.reading import Table
from datasets.wording import few

OVER = frozenset({"votes", "class-folders", "table"})
OPTIONS = frozenset({"classes", "table", "id_column", "split_column", "keep_unlabelled"})
EXPECTED = "a folder or archive with gz2_hart16.csv, gz2_filename_mapping.csv and the images of Galaxy Zoo 2"
_KEY, _KNOWN_BY = "dr7objid", {"dr7objid"}


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See a table of the release's columns."""
    tables, _ = vote_tables(tree, rules_of(options), _KNOWN_BY)
    if not tables or options.label_column is not None:
        return None
    return Evidence(f"votes of Galaxy Zoo 2 in {few([table.name for table in tables])}")


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List the release. Raises SourceError where no table, or several, label its images, or the mapping is missing."""
    tables = needed_tables(tree, options, _KNOWN_BY, expected=EXPECTED)
    home = tree.beside() if tree.is_file else tree
    refuse_class_folders(tree, "galaxy-zoo-2", options)
    images, rejected = images_by_stem(home, options.wanted_bands)

    def read(table: VoteTable) -> Labels:
        votes = read_votes(table, _KEY, options)
        if images.keys() & votes.galaxies.keys():  # named by the galaxies themselves
            return Labels(votes, votes.galaxies)
        return Labels(votes, _by_asset(find_table(home, "asset_id", "objid", expected=EXPECTED), votes))

    return listed(tree, deciding(tree, tables, images, read, options), images, rejected, options)


def _by_asset(mapping: Table, votes: Votes) -> dict[str, Galaxy]:
    """Join the tables: what is known of each image by its name. Ids have 18 digits, so they are read as text."""
    galaxies = {}
    for batch in mapping.read({"objid": pa.string(), "asset_id": pa.string()}):
        for objid, asset in zip(batch["objid"].to_pylist(), batch["asset_id"].to_pylist(), strict=True):
            if objid in votes.galaxies:
                galaxies[asset] = votes.galaxies[objid]
    return galaxies
