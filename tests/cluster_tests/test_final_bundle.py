"""What is said where the chosen configuration was not compared with the space's defaults."""

import pytest

from cluster.jobs.final_bundle import why_uncompared
from search import EndedBeginning, Finalist, Finals

CHOSEN = Finalist(
    trial_id="0001", hyperparameters={}, beginnings=(EndedBeginning(number=1, seed=1, score=0.9, seconds=1),)
)
DEFAULTS = Finalist(trial_id="defaults", hyperparameters={}, is_defaults=True)


@pytest.mark.parametrize(
    ("finalists", "said"),
    [
        ((CHOSEN,), "were not trained"),
        ((CHOSEN, DEFAULTS), "were not trained"),
        (
            (
                CHOSEN,
                DEFAULTS.model_copy(update={"beginnings": (EndedBeginning(number=2, seed=2, score=0.9, seconds=1),)}),
            ),
            "have no beginning in common that has a score for both",
        ),
        (
            (
                CHOSEN,
                DEFAULTS.model_copy(update={"beginnings": (EndedBeginning(number=1, seed=2, score=None, seconds=1),)}),
            ),
            "have no beginning in common that has a score for both",
        ),
    ],
    ids=["no finalist", "no beginning", "another beginning", "no number"],
)
def test_untrained_and_incomparable_defaults_are_told_apart(finalists: tuple[Finalist, ...], said: str) -> None:
    assert said in why_uncompared(Finals(epochs=3, planned=3, finalists=finalists, chosen="0001"))
