"""The bundle of finals as they stand: what the chosen one is worth, and the networks that together are best."""

from collections.abc import Mapping, Sequence

from cluster.jobs.bundling import Bundle, beginnings_of
from cluster.jobs.settings import TrainSettings, commands
from cluster.workers.final_beginning import FinalBeginning
from datasets import Dataset
from search import Finals, SearchLayout, SearchSpecification, WorthFigures
from trainer import (
    Beginning,
    BeginningAnswers,
    BundleError,
    Worth,
    answers_to,
    assemble,
    compare,
    kept_result,
    read_manifest,
)

_NOT_TRAINED = "the space's defaults were not trained, so there is nothing to compare it with"
_NOT_COMPARABLE = "the space's defaults and the chosen one have no beginning in common that has a score for both"


def write_final_bundle(
    finals: Finals,
    *,
    specification: SearchSpecification,
    dataset: Dataset,
    hypermodel: object | None,
    layout: SearchLayout,
    settings: TrainSettings,
    storage: str,
) -> Bundle:
    """Write the bundle of all beginnings that have ended with a score, and return it. One finalist must be chosen."""
    assert finals.chosen is not None
    ended = ended_beginnings(finals, specification, hypermodel)
    worth = _worth(finals, ended, specification, dataset, layout)
    result = assemble(
        ended,
        dataset,
        chosen=finals.chosen,
        objective=specification.objective,
        work=layout.training,
        bundle=layout.bundle,
        max_slower=settings.max_slower,
        seed=specification.settings.seed,
        commands=commands(specification, settings, storage=storage),
        worth=worth,
    )
    figures = WorthFigures(gain=None, low=None, high=None, beginnings=0, sentence=why_uncompared(finals))
    if worth is not None:
        figures = WorthFigures(
            gain=worth.gain,
            low=worth.low,
            high=worth.high,
            beginnings=worth.beginnings,
            measured=worth.measured,
            sentence=worth.sentence,
        )
    return Bundle(beginnings_of(finals), result, figures)


def kept_bundle(
    finals: Finals, *, specification: SearchSpecification, layout: SearchLayout, settings: TrainSettings, storage: str
) -> Bundle | None:
    """Return the bundle that an earlier call has left, if it is of all beginnings that have ended, and made alike.

    Else None: it is of fewer, an interim one of a trial, of another kind of training or of other settings, or there is
    none.
    """
    beginnings = beginnings_of(finals)
    if not beginnings or beginnings != frozenset(finals.bundled):
        return None
    try:
        manifest = read_manifest(layout.bundle)
    except BundleError:
        return None
    if manifest.interim or manifest.commands != commands(specification, settings, storage=storage):
        return None
    return Bundle(beginnings, kept_result(layout.bundle), finals.worth)


def ended_beginnings(
    finals: Finals, specification: SearchSpecification, hypermodel: object | None
) -> dict[str, list[Beginning]]:
    """Return the beginnings that have ended with a score of each finalist, by number, by its trial's id."""
    seeds = {(one.trial_id, each.number): each.seed for one in finals.finalists for each in one.beginnings}
    return {
        one.trial_id: [
            FinalBeginning(
                one.trial_id, number, one.hyperparameters, finals.epochs, seeds[one.trial_id, number]
            ).beginning(specification, hypermodel)
            for number in one.scores
        ]
        for one in finals.finalists
        if one.scores
    }


def _worth(
    finals: Finals,
    ended: Mapping[str, Sequence[Beginning]],
    specification: SearchSpecification,
    dataset: Dataset,
    layout: SearchLayout,
) -> Worth | None:
    """Return what the chosen one is worth; None where the defaults cannot be compared."""
    defaults = next((one.trial_id for one in finals.finalists if one.is_defaults), None)
    if defaults is None or finals.chosen is None:
        return None
    answers = {name: _answers(each, dataset, layout) for name, each in ended.items()}
    return compare(answers, dataset, defaults=defaults, chosen=finals.chosen, objective=specification.objective)


def _answers(beginnings: Sequence[Beginning], dataset: Dataset, layout: SearchLayout) -> dict[int, BeginningAnswers]:
    """Return the answers of those beginnings that have left any, by their numbers."""
    found = {
        one.number: answers_to(layout.training.child(one.name), dataset, number=one.number, epochs=one.options.epochs)
        for one in beginnings
    }
    return {number: answers for number, answers in found.items() if answers is not None}


def why_uncompared(finals: Finals) -> str:
    """Say why the chosen one was not compared with the space's defaults."""
    trained = any(one.is_defaults and one.beginnings for one in finals.finalists)
    return _NOT_COMPARABLE if trained else _NOT_TRAINED
