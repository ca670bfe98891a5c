"""`galaxy classify --address`: what of the command line goes with it, and what does not."""

from pathlib import Path

import pytest
from ui_tests.conftest import Galaxy


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--address", "in-process"), "with --address expected --output DIR, a folder for its answers, found none"),
        (("more.csv", "--output", "o", "--address", "in-process"), "expected one folder, dataset or table, found 2"),
        (("--output", "o", "--address", "in-process", "--heatmaps", "h"), "--heatmaps goes without --address alone"),
        (("--output", "o.FITS", "--address", "local"), "expected --output DIR, a folder of Parquet, found the file"),
        (("--output", "o"), "expected a file, .csv, .json, .parquet, .fits, .vot, or with --address a folder; found o"),
        (("--output", "o.vot.gz"), "expected a file that ends in .csv, .json, .parquet, .fits, .vot, found o.vot.gz"),
        (("--output", "s3://b/o.csv"), "expected a path on this machine, found a URI of s3://"),
        (("s3://K:S3CRET@b/a.csv",), "found a URI of s3://: `--address in-process --output DIR` classifies what is at"),
        (("--output", "o.csv", "--workers", 2), "--workers goes with --address"),
        (("--output", "o.csv", "--cpus-per-worker", 2), "--cpus-per-worker goes with --address"),
        (("--output", "o.csv", "--gpus-per-worker", 1), "--gpus-per-worker goes with --address"),
    ],
)
def test_what_does_not_go_together(galaxy: Galaxy, words: tuple[object, ...], said: str) -> None:
    refused = galaxy("classify", "model", "c.csv", *words)
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert said in refused.stderr


def test_a_file_is_no_folder_of_answers(galaxy: Galaxy, tmp_path: Path) -> None:
    (tmp_path / "o").write_text("mine")
    refused = galaxy("classify", "model", "photos", "--output", tmp_path / "o", "--address", "in-process")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "cannot take the answers: expected a folder, found a file: give another --output" in refused.stderr
    assert (tmp_path / "o").read_text() == "mine"
