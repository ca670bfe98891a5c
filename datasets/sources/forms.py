"""The forms of source that can be imported.

A form is a module with the names of `datasets.sources.recognition.Form`: a new one is such a module and a line here.
"""

from collections.abc import Mapping

FORMS: Mapping[str, str] = {
    "class-folders": "datasets.sources.class_folders",
    "galaxy-challenge": "datasets.sources.galaxy_challenge",
    "galaxy-zoo-2": "datasets.sources.galaxy_zoo_2",
    "galaxy10": "datasets.sources.galaxy10",
    "votes": "datasets.sources.votes",
    "table": "datasets.sources.labels_table",
    "fits": "datasets.sources.fits_folders",
    "arrays": "datasets.sources.arrays.form",
    "tfrecord": "datasets.sources.tfrecord",
    "webdataset": "datasets.sources.webdataset",
}
"""The module of each form by its name; it is imported with the first use, and what its reading needs too."""
BY_RULES = frozenset({"galaxy-challenge", "galaxy-zoo-2", "votes"})
"""The forms whose classes are made by rules."""
