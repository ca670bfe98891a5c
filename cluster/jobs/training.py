"""Training a search's winners fully, to a bundle."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from zlib import crc32

from cluster.driving.interrupting import going_on, terminable
from cluster.jobs.coming import Fixed
from cluster.jobs.edited_code import refuse_if_edited
from cluster.jobs.settings import SEEDS_APART, TrainSettings, commands, longest
from cluster.jobs.trainers import read_again, training_place
from cluster.workers.member import Winner
from datasets import Progress, Stage, silent, silent_stage
from search import (
    LedgerError,
    Row,
    SearchLayout,
    SearchView,
    SettingsError,
    check_given,
    keep_changes,
    moved,
    open_same_dataset,
    read_search,
)
from trainer import FinalResult, as_begun, member_batches, train_final

_DEFAULTS = TrainSettings()


@terminable()
@going_on("the same command")
def train_winners(
    name: str,
    settings: TrainSettings = _DEFAULTS,
    *,
    storage: str = "runs",
    address: str = "local",
    dataset: str | None = None,
    hypermodel: object | None = None,
    preflight: bool = True,
    progress: Progress = silent,
    begin: Stage = silent_stage,
) -> FinalResult:
    """Train the best configurations of the search called ``name`` into ``<storage>/<name>/model``.

    The best of all networks on validation is kept, or the average of those that together are best. One that cannot be
    trained, as it diverges, is left out, which is said; so is what begins anew, as its options are others now.

    A single one is trained in this process with all its CPUs, several at once as trials are: on the Ray at ``address``
    ('local': one of our own), each with the CPUs and GPUs of one trial; with 'in-process' one after another. A training
    that was cut off, as by SIGTERM, goes on from its last epoch when called again. ``dataset`` is where the search's
    dataset has moved to, ``hypermodel`` the object that `run_search` was given, which is not stored.
    ``progress`` is told of training, ``begin`` as anything after it begins.

    Raises LedgerError if the search has fewer scored trials than ``settings.top``, or its dataset is another one or not
    there; SpaceError if its HyperModel is to be given and is not, or cannot be sent to a worker, or if its code was
    edited since networks of it were trained fully, or so that what is to be trained has values of none of its
    hyperparameters. Where it was edited otherwise it is said that the ranks are of what it built before.
    """
    if settings.time_limit is not None:
        raise SettingsError("time_limit: train_within trains within a time, train_winners without one")
    settings.check()
    view = read_search(storage, name, history=False)
    layout = SearchLayout.of(storage, name)
    check_given(view.specification.settings, hypermodel, call=layout.call("train_winners", address=address))
    _best(view, layout, settings.top)
    opened = open_same_dataset(view.specification, dataset)
    specification = moved(view.specification, opened)
    epochs = longest(specification, settings)
    remember = partial(keep_changes, layout, view.specification, specification)
    with training_place(layout) as place:
        best = _best(read_again(view, storage), layout, settings.top)
        refuse_if_edited(layout, specification, hypermodel, {row.trial_id: row.hyperparameters for row in best})
        winners = _winners(best, seeds=settings.seeds, epochs=epochs, first_seed=specification.settings.seed)
        members = [
            as_begun(
                winner.member(specification, hypermodel),
                opened,
                objective=specification.objective,
                work=layout.training.child(winner.name),
            )
            for winner in winners
        ]
        winners = [replace(winner, seed=member.seed) for winner, member in zip(winners, members, strict=True)]

        def tell(done: int, total: int | None) -> None:
            place.check()
            progress(done, total)

        if address != "in-process" and (len(winners) > 1 or address != "local"):
            # Only here: one winner needs no Ray.
            from cluster.jobs.training_on_ray import train_on_ray
            from cluster.workers.by_value import packed

            coming = Fixed(winners, [member_batches(member, opened) for member in members], tell)
            train_on_ray(
                coming,
                specification,
                hypermodel=packed(hypermodel),
                address=address,
                ready=remember,
                examined_for=storage if preflight else None,
                work=layout.training,
            )
            members = [member for member in members if member.name not in coming.left_out]
        remember()
        return train_final(
            members,
            opened,
            objective=specification.objective,
            seed=specification.settings.seed,
            work=layout.training,
            bundle=layout.bundle,
            ensemble=settings.ensemble,
            commands=commands(specification, replace(settings, epochs=epochs), storage=storage),
            progress=tell,
            begin=begin,
        )


def _best(view: SearchView, layout: SearchLayout, top: int) -> list[Row]:
    """Return the best trials of so many configurations, the best first. Raises LedgerError if there are fewer."""
    best = _configurations(view.rows, trained=layout.training.names())[:top]
    if len(best) < top:
        name = view.specification.settings.name
        raise LedgerError(f"search {name!r} has {len(best)} trials with a score, and --top {top} asks for more")
    return best


def _winners(best: Sequence[Row], *, seeds: int, epochs: int, first_seed: int) -> list[Winner]:
    """Return each of ``best`` for each seed.

    Those there were stay as they are, with more seeds or more of ``best``, or where a better trial has come since.
    """
    return [
        Winner(
            name=row.trial_id if number == 0 else f"{row.trial_id}-{number + 1}",
            hyperparameters=dict(row.hyperparameters),
            epochs=epochs,
            seed=first_seed + crc32(row.trial_id.encode()) % SEEDS_APART + SEEDS_APART * number,
        )
        for number in range(seeds)
        for row in best
    ]


def _configurations(rows: Sequence[Row], trained: Collection[str]) -> list[Row]:
    """Return the ranked trials, best first, one of each configuration: a promotion has its parent's.

    The best of it, unless another one is ``trained``: that goes on.
    """
    each: dict[str, list[Row]] = {}
    for row in rows:
        if row.rank is not None:
            each.setdefault(json.dumps(row.hyperparameters, sort_keys=True), []).append(row)
    return [next((one for one in of if one.trial_id in trained), of[0]) for of in each.values()]
