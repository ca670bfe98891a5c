"""Private names of Ray are looked for at the import of the one module that uses them."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from ray.air.execution._internal import RayActorManager
from ray.tune.execution import tune_controller
from ray.tune.execution.tune_controller import TuneController

from cluster import ClusterError
from cluster.driving import ray_internals


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (RayActorManager, "_actor_start_failed"),
        (RayActorManager, "_actor_task_failed"),
        (TuneController, "_trial_task_failure"),
        (tune_controller, "RayActorManager"),
        (sys.modules["ray.tune.tune"], "TuneController"),
    ],
)
def test_a_ray_that_lacks_one_is_refused_in_one_line(owner: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(owner, name)
    refuses_to_be_imported(name)


def test_so_is_one_whose_instances_lack_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TuneController, "__init__", lambda self: None)
    refuses_to_be_imported("_resetting_trials")


def refuses_to_be_imported(name: str) -> None:
    spec = spec_from_file_location("again", ray_internals.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ClusterError, match=rf"^Galaxy Tuner was made for Ray 2\.60, but this is [\d.]+: .*'{name}'$"):
        spec.loader.exec_module(module_from_spec(spec))
