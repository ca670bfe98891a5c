"""The whole journey through the real commands and a real Ray, on a small sample, as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journey")


def galaxy(here: Path, *arguments: str) -> Any:
    """Run a command as its user would and return the JSON it prints."""
    command = [str(Path(sys.executable).with_name("galaxy")), *arguments, "--json"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def test_from_images_to_a_classifier(here: Path) -> None:
    sample = galaxy(here, "sample", "galaxies", "--count", "400")
    assert sample["count"] == 400
    imported = galaxy(here, "import", "galaxies", "galaxies.arrow", "--image-size", "32")
    assert (imported["total"], imported["quarantined"]) == (400, 0)
    assert galaxy(here, "info", "galaxies.arrow") == imported

    options = ["--trials", "3", "--epochs", "2", "--concurrency", "2", "--max-parameters", "400000"]
    search = galaxy(here, "search", "galaxies.arrow", "--name", "first", *options)
    assert (search["state"], len(search["trials"])) == ("finished", 3)
    assert {trial["state"] for trial in search["trials"]} <= {"completed", "stopped", "infeasible"}
    board = galaxy(here, "leaderboard", "first", "--history")
    assert board["best"] == search["best"] == board["trials"][0]["trial_id"]
    best = board["trials"][0]
    assert best["score"] == best["history"]["val_macro_f1_steady"][best["best_epoch"] - 1]
    (listed,) = galaxy(here, "searches")["searches"]
    assert (listed["name"], listed["state"]) == ("first", "finished")

    trained = galaxy(here, "train", "first", "--epochs", "3")
    assert trained["members"] == [search["best"]]
    evaluated = galaxy(here, "evaluate", "runs/first/model", "galaxies.arrow")
    assert evaluated["decide"] == "objective"
    assert evaluated["macro"]["f1"] == pytest.approx(trained["metrics"]["test_macro_f1_decided"], abs=1e-9)
    assert sum(map(sum, evaluated["confusion_matrix"])) == evaluated["count"]
    assert evaluated["count"] == sum(imported["counts"]["test"].values())

    plain = galaxy(here, "evaluate", "runs/first/model", "galaxies.arrow", "--decide", "accuracy")
    assert plain["accuracy"] == pytest.approx(trained["metrics"]["test_accuracy"], abs=1e-9)
    assert (plain["count"], plain["ece"]) == (evaluated["count"], evaluated["ece"])

    (here / "not-an-image.jpg").write_text("hello")
    some = sorted(str(path.relative_to(here)) for path in here.glob("galaxies/*/*.jpg"))[:2]
    classified = galaxy(here, "classify", "runs/first/model", *some, "not-an-image.jpg")
    assert [image["path"] for image in classified["images"]] == [*some, "not-an-image.jpg"]
    for image in classified["images"][:2]:
        assert image["class"] in imported["classes"]
        assert sum(image["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
        assert image["novelty"] > 0  # 40 validation images are enough for a limit
        assert "sure" in image
    assert (classified["images"][2]["class"], bool(classified["images"][2]["error"])) == (None, True)
