"""Real inputs of strangers, in ../shared/wild where that is there: what their owners expect, or a refusal."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from datasets import ImportOptions, plan_import

WILD = Path(__file__).parents[3] / "shared" / "wild"
VOTED = ("cigar-shaped smooth", "completely round smooth", "edge-on", "in-between smooth", "spiral")
SMOOTH = dict.fromkeys(("Cigar-shaped smooth", "completely round smooth", "In between smooth"), 4)
NUMBERED = {"0": 4, "1": 4, "2": 4}
EXPECTED: Mapping[str, tuple[dict[str, int], str, dict[str, object]]] = {
    "kaggle_challenge": (dict.fromkeys(VOTED, 3), "images_test_rev1", {}),
    "layouts/training_set_test_set.zip": ({"edge-on": 8, "spiral": 8}, "", {}),
    "layouts/train_test_and_samples.zip": ({"edge-on": 8, "spiral": 8}, "sample_images/", {}),
    "layouts/real_star_galaxy_repo.zip": ({"galaxy": 8, "star": 8}, "once more", {}),
    "layouts/classes_spelled_differently_in_splits.zip": ({"edge-on": 8, "Spiral": 8}, "are one class", {}),
    "layouts/flat_train_test_csv.zip": ({"edge-on": 4, "spiral": 4}, "no row of the table", {}),
    "tables/filename_class.zip": (SMOOTH, "", {}),
    "tables/onehot.zip": (SMOOTH, "", {}),
    "tables/semicolon.zip": (SMOOTH, "", {}),
    "tables/no_suffix.zip": (SMOOTH, "", {}),
    "tables/latin1.zip": ({"barrée": 4, "completely round smooth": 4, "In between smooth": 4}, "", {}),
    "tables/zoobot_file_loc.zip": ({"0": 6, "1": 6}, "", {"label_column": "ring"}),
    "tables/bom_crlf_ok.zip": (SMOOTH, "", {}),
    "tables/hf_image_struct.parquet": (SMOOTH, "", {}),
    "arrays/galaxymnist.hdf5": (NUMBERED, "numbers", {}),
    "arrays/images_labels.npz": (NUMBERED, "numbers", {}),
    "fits/legacy": ({"early": 3, "late": 3}, "", {}),
    "fits/sdss_bz2": ({"galaxies": 3, "sky": 3}, "", {}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_strangers_source_is_understood(name):
    source, (counts, says, options) = WILD / name, EXPECTED[name]
    if not source.exists():
        pytest.skip(f"needs the strangers' inputs: no {source}")
    plan = plan_import(source, ImportOptions(**options))
    found = {each: sum(of[each] for of in plan.counts.values()) for each in plan.classes}
    assert found == counts
    provenance = plan.provenance
    said = [*provenance.notes, *(f"{omission.what}: {omission.why}" for omission in provenance.omitted)]
    assert re.search(says, "; ".join(said))
