"""What earlier calls have left of a search's finals, put to the dataset as it is now: what of it still counts."""

import logging
from collections.abc import Callable, Mapping, Sequence

from cluster.jobs.answered import with_answered
from cluster.jobs.settings import seed_of_beginning
from cluster.workers.final_beginning import FinalBeginning
from datasets import Dataset, Folder
from search import MOST_BEGINNINGS, Cost, Finalist, Finals, SearchSpecification, TimeBudget, forecast, judged
from trainer import Beginning, Objective, answer_for_none, answers_to, is_finished, none_of, read_answers

# Of the time, in which no kept network is asked any more: a bundle is to be written.
_KEPT_SECONDS = 20.0
_log = logging.getLogger(__name__)


def still_there(finals: Finals, dataset: Dataset, work: Folder, objective: Objective) -> Finals:
    """Return the finals with those beginnings alone that have left their answers, for the images that there are now.

    Others, of folders that were deleted, of an older version or of images that are divided otherwise by now, are to be
    trained as if they had not ended, which is said. Raises CheckpointError for answers that are damaged.
    """

    def kept(one: Finalist) -> Finalist:
        there = [each for each in one.beginnings if is_there(f"{one.trial_id}-b{each.number}", each.number)]
        return one.model_copy(update={"beginnings": tuple(there)})

    def is_there(name: str, number: int) -> bool:
        return answers_to(work.child(name), dataset, number=number, epochs=finals.epochs) is not None

    finalists = tuple(map(kept, finals.finalists))
    had, have = (sum(len(one.beginnings) for one in each) for each in (finals.finalists, finalists))
    if have == had:
        return finals
    _log.warning(
        "%d of %d trainings that had ended do not count any more: what their networks answered is gone, or is of other "
        "images than the dataset has; where there is time they are done again.",
        had - have,
        had,
    )
    return judged(finals.model_copy(update={"finalists": finalists, "chosen": None}), objective)


def with_finished(
    finals: Finals,
    specification: SearchSpecification,
    dataset: Dataset,
    work: Folder,
    *,
    hypermodel: object | None,
    costs: Mapping[str, Cost],
) -> Finals:
    """Return the finals with those beginnings, too, that have left their answers when nobody looked any more.

    Their driver was ended between the two. They are taken to have lasted what is forecast by ``costs``, by their
    trials' ids. Raises CheckpointError for answers that are damaged.
    """
    objective, there, expected = specification.objective, set(work.names()), forecast(finals, costs)
    for one in finals.finalists:
        ended = {each.number for each in one.beginnings}
        for number in range(1, MOST_BEGINNINGS + 1):
            seed = seed_of_beginning(specification, number)
            begun = FinalBeginning(one.trial_id, number, one.hyperparameters, finals.epochs, seed)
            if one.dropped is not None or number in ended or begun.name not in there:
                continue
            place, beginning = work.child(begun.name), begun.beginning(specification, hypermodel)
            if not is_finished(beginning, dataset, objective=objective, work=place):
                continue
            if (answers := answers_to(place, dataset, number=number, epochs=finals.epochs)) is not None:
                seconds = expected[one.trial_id]
                finals = with_answered(
                    finals, one.trial_id, number, answers, seed=seed, seconds=seconds, objective=objective
                )
    return finals


def answered_for_none(
    ended: Mapping[str, Sequence[Beginning]],
    dataset: Dataset,
    work: Folder,
    budget: TimeBudget,
    *,
    begin: Callable[[], None],
) -> bool:
    """Have kept networks answer for the dataset's galaxies of no class, where those are others by now.

    ``begin`` is called before the first does: whoever is ended on the way must not take the bundle that there is for
    one of these answers. Return whether there were such networks and all have. Where the time is too short it is said
    what that means.
    """
    wanted = none_of(dataset)
    found = [
        (one, read_answers(work.child(one.name), epochs=one.options.epochs)) for each in ended.values() for one in each
    ]
    asked = [one for one, kept in found if wanted and kept is not None and kept.of_none != wanted]
    if asked:
        _log.warning("The galaxies of no class are others than before: %d kept networks answer for them.", len(asked))
    for place, one in enumerate(asked):
        if place == 0:
            begin()
        if budget.left() < _KEPT_SECONDS:
            _log.warning(
                "There is no time for %d of them, so that a model of theirs would learn nothing of such galaxies: "
                "--time-limit, with more, lets them answer.",
                len(asked) - place,
            )
            return False
        answer_for_none(one, dataset, work=work.child(one.name))
    return bool(asked)
