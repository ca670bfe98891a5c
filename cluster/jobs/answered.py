"""What becomes of finals as one of their beginnings has answered: who is dropped and who is chosen then."""

from datasets import finite
from search import EndedBeginning, Finals, judged
from trainer import BeginningAnswers, Objective


def with_answered(
    finals: Finals,
    trial_id: str,
    number: int,
    answers: BeginningAnswers,
    *,
    seed: int,
    seconds: float,
    objective: Objective,
) -> Finals:
    """Return the finals with what the beginning of a number, of a finalist and a seed, has scored in so long."""
    score = finite(answers.member.metrics.get(objective.name))
    ended = EndedBeginning(number=number, seed=seed, score=score, seconds=round(seconds, 3))
    finals = finals.with_ended(trial_id, ended)
    if score is None:
        return with_dropped(finals, trial_id, f"{objective.name} was no number", objective)
    return judged(finals, objective)


def with_dropped(finals: Finals, trial_id: str, reason: str, objective: Objective, *, failed: bool = False) -> Finals:
    """Return the finals with a finalist dropped; ``failed`` where a mend of what failed it lets it go on."""
    one = finals.finalist(trial_id)
    assert one is not None
    return judged(finals.but(one.model_copy(update={"dropped": reason, "failed": failed})), objective)
