"""Private names of Ray are looked for at the import of the one module that uses them."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from ray.air.execution._internal import RayActorManager
from ray.exceptions import RayActorError
from ray.tune.execution import tune_controller
from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Trial

from cluster import ClusterError
from cluster.driving import ray_internals


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (RayActorManager, "_actor_start_failed"),
        (RayActorManager, "_actor_task_failed"),
        (RayActorManager, "_actor_start_resolved"),
        (TuneController, "_trial_task_failure"),
        (TuneController, "_maybe_cache_trial_actor"),
        (TuneController, "_maybe_reuse_cached_actor"),
        (tune_controller, "RayActorManager"),
        (sys.modules["ray.tune.tune"], "TuneController"),
    ],
)
def test_a_ray_that_lacks_one_is_refused_in_one_line(owner: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(owner, name)
    refuses_to_be_imported(name)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (TuneController, "_resetting_trials"),
        (Trial, "_default_result_or_future"),
    ],
)
def test_so_is_one_whose_instances_lack_one(owner: type[object], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "__init__", lambda self: None)
    refuses_to_be_imported(name)


def test_a_failure_is_handled_once_and_the_lost_worker_is_asked_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[object] = []
    monkeypatch.setattr(TuneController, "_trial_task_failure", lambda self, trial, exception: handled.append(trial))
    controller = object.__new__(ray_internals._Controller)
    trial: Any = type("Failed", (), {"trial_id": "one", "_default_result_or_future": "asked"})()
    controller._resetting_trials = set()
    told: list[str] = []
    monkeypatch.setattr(
        ray_internals._Controller, "on_failure", staticmethod(lambda trial, _error: told.append(trial)), raising=False
    )
    error = RayActorError()
    for _ in range(2):
        controller._trial_task_failure(trial, error)
    assert (handled, told) == ([trial], ["one"])
    assert trial._default_result_or_future is None


def refuses_to_be_imported(name: str) -> None:
    spec = spec_from_file_location("again", ray_internals.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ClusterError, match=rf"^Galaxy Tuner was made for Ray 2\.60, but this is [\d.]+: .*'{name}'$"):
        spec.loader.exec_module(module_from_spec(spec))
