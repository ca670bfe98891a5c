"""While a search runs: the bundle of its best trial so far, so that there is a usable one at every moment."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cluster.workers.trial import model_builder
from datasets import Dataset, Folder
from search import Conductor, Ledger, Record, SearchLayout, leaderboard, repeating, training_options
from trainer import BundleError, Member, interim_bundle, read_manifest

_MOST_OF_THE_TIME = 0.05
"""Share of the time that interim bundles may take together, the first one apart."""
_LOOK_SECONDS = 1.0
_log = logging.getLogger(__name__)


@dataclass
class _Made:
    """What the last bundle was of, and what all of them have cost, in seconds."""

    of: tuple[str, int | None] | None = None
    last: float = 0.0
    spent: float = 0.0


class InterimBundles:
    """Writes the bundle of a search's best trial whenever there is a better one, within five percent of the time.

    For one thread.
    """

    def __init__(
        self,
        layout: SearchLayout,
        conductor: Conductor,
        dataset: Dataset,
        hypermodel: object | None,
        *,
        spent: Callable[[], float],
    ) -> None:
        """Look at the trials of ``conductor``; ``spent`` gives the seconds that the search has had so far."""
        self._layout, self._conductor, self._dataset = layout, conductor, dataset
        self._hypermodel, self._spent = hypermodel, spent
        self._made = _Made()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While the block runs, look about once a second, in a thread beside it; and at its end."""

        def look(is_last: bool) -> None:
            if not is_last:
                self.look()

        with repeating(look, seconds=_LOOK_SECONDS, name="interim bundle"):
            yield
        self.look(is_last=True)  # finalists take minutes, and may come to nothing

    def look(self, *, is_last: bool = False) -> None:
        """Write the bundle of the search's best trial, if it is another one and there is time.

        The last time those before do not count.
        """
        first = next(iter(leaderboard(self._conductor.records(), self._conductor.specification.objective)), None)
        best = None if first is None or first.rank is None else first
        if best is None or (best.trial_id, best.best_epoch) == self._made.of:
            return
        spent = self._made.last + (0.0 if is_last else self._made.spent)
        if self._made.of and spent > _MOST_OF_THE_TIME * self._spent():
            return
        began = time.monotonic()
        try:
            if self._write(best):
                self._made.of = (best.trial_id, best.best_epoch)
        # Whatever it is costs this bundle alone: a checkpoint replaced while it is read, a storage that is away.
        except Exception as error:
            _log.debug("No interim bundle of trial %s: %s", best.trial_id, error)
        self._made.last = time.monotonic() - began
        self._made.spent += self._made.last

    def _write(self, best: Record) -> bool:
        specification, values = self._conductor.specification, best.hyperparameters
        suggestion, settings = Ledger(self._layout).suggestion(best.trial_id), specification.settings
        epochs = suggestion.epochs or settings.epochs
        trial = Member(
            name=best.trial_id,
            build=model_builder(specification, values, self._hypermodel),
            options=training_options(values, epochs=epochs, patience=settings.patience),
            hyperparameters=values,
            seed=suggestion.seed,
        )
        checkpoints, bundle = self._layout.checkpoints(best.trial_id), self._layout.bundle
        if _is_final(bundle):
            return True
        objective = specification.objective
        return interim_bundle(trial, checkpoints, self._dataset, objective=objective, bundle=bundle) is not None


def _is_final(bundle: Folder) -> bool:
    """Whether there is a bundle that took more than one trial's training: it stays until a final one replaces it."""
    try:
        return not read_manifest(bundle).interim
    except BundleError:
        return False
