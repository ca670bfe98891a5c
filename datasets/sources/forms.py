"""The forms of source that can be imported.

A form is a module with the names of `datasets.sources.recognition.Form`: a new one is such a module and a line here.
"""

from collections.abc import Mapping

FORMS: Mapping[str, str] = {
    "class-folders": "datasets.sources.folders.class_folders",
    "galaxy-challenge": "datasets.sources.votes.galaxy_challenge",
    "galaxy-zoo-2": "datasets.sources.votes.galaxy_zoo_2",
    "galaxy10": "datasets.sources.arrays.galaxy10",
    "votes": "datasets.sources.votes.form",
    "table": "datasets.sources.label_tables.form",
    "fits": "datasets.sources.folders.fits_folders",
    "arrays": "datasets.sources.arrays.form",
    "tfrecord": "datasets.sources.records.tfrecord",
    "webdataset": "datasets.sources.records.webdataset",
}
"""The module of each form by its name; it is imported with the first use, and what its reading needs too."""
