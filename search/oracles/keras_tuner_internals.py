"""All that is used of Keras Tuner's private names, each with its reason. Made for Keras Tuner 1.4.8.

An oracle can be asked by public names what to try next and told what came of it. What it has tried, how it draws, and
where its grid or its brackets stand, an oracle that resumes, completes a small space or survives failures must know.
"""

from importlib.metadata import version
from typing import TypedDict

import keras_tuner
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import GridSearchOracle, HyperbandOracle

from search.errors import SearchError
from search.values import Values

NOTES = "tuner/"
"""How the names begin under which an oracle notes something for itself among a trial's values."""
PARENT = "tuner/trial_id"
"""Under which a promotion's values have the trial that it goes on from."""

try:
    _objective = keras_tuner.Objective("score", "max")
    # With seeds: without, they draw them from the global generator of whoever imports this.
    _grid = GridSearchOracle(objective=_objective, seed=1)
    _hyperband = HyperbandOracle(objective=_objective, max_epochs=1, seed=1)
    _USED = (
        keras_tuner.Oracle._check_consecutive_failures,
        keras_tuner.Oracle._compute_values_hash,
        keras_tuner.Oracle._duplicate,
        keras_tuner.Oracle._random_values,
        keras_tuner.Oracle._record_values,
        _grid._seed_state,
        keras_tuner.Oracle._save_trial,
        (_grid._compare, _grid._ordered_ids, _grid._populate_next),
        (_hyperband._brackets, _hyperband._current_bracket, _hyperband._current_iteration),
        (_hyperband._get_epochs, _hyperband._get_size),
        (_hyperband._increment_bracket_num, _hyperband._remove_completed_brackets, _hyperband._start_new_bracket),
    )
except (AttributeError, ImportError) as error:
    raise SearchError(
        f"Galaxy Tuner was made for Keras Tuner 1.4.8, but this is {version('keras-tuner')}: {error}"
    ) from error


def random_values(oracle: keras_tuner.Oracle) -> Values | None:
    """Draw untried values, None after 20 that were tried: as Keras Tuner's own oracles draw, from the same seeds."""
    values: Values | None = oracle._random_values()
    return values


def next_seed(oracle: keras_tuner.Oracle) -> int:
    """Return the seed of the oracle's next draw, which then is another: its state holds where it stands."""
    seed = int(oracle._seed_state)
    oracle._seed_state += 1
    return seed


def is_tried(oracle: keras_tuner.Oracle, values: Values) -> bool:
    """Whether a trial has had ``values``: a look-up of a hash, where comparing with each trial would take longer."""
    return bool(oracle._duplicate(values))


def know_whatever_the_epochs(oracle: keras_tuner.Oracle) -> None:
    """Let a configuration be a tried one however long it is to train, as only Keras Tuner's hyperband has it.

    Of what an oracle notes for itself in ``tuner/…`` the trial that a promotion goes on from tells values apart alone.
    """
    hashed = oracle._compute_values_hash

    def of_hyperparameters(values: Values) -> str:
        own = {name: value for name, value in values.items() if not name.startswith(NOTES) or name == PARENT}
        return str(hashed(own))

    oracle._compute_values_hash = of_hyperparameters


def record_values(oracle: keras_tuner.Oracle, trial: Trial) -> None:
    """Let the values of ``trial`` count as tried: only `create_trial` and `end_trial` do so by public names."""
    oracle._record_values(trial)


def keep_no_files(oracle: keras_tuner.Oracle) -> None:
    """Let the oracle write nothing: its own files are neither whole nor on any file system but the local one."""
    oracle.save = lambda: None
    oracle._save_trial = lambda _trial: None


def count_no_failures(oracle: keras_tuner.Oracle) -> None:
    """Let the oracle go on whatever fails: it would look through all its trials at the end of each."""
    oracle._check_consecutive_failures = lambda: None


def go_on_behind(oracle: keras_tuner.Oracle, trial: Trial) -> None:
    """Let a grid go on from ``trial``, which it is told no end of; nothing else waits for the end of one trial."""
    if isinstance(oracle, GridSearchOracle):
        oracle._populate_next.append(trial.trial_id)


class TrialOrder:
    """Trial ids along a grid, in place of Keras Tuner's linked list, whose content cannot be read."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def insert(self, trial_id: str, before: str | None = None) -> None:
        """Insert ``trial_id`` behind ``before``, or at the end."""
        self.ids.insert(len(self.ids) if before is None else self.ids.index(before) + 1, trial_id)

    def next(self, trial_id: str) -> str | None:
        """Return the id behind ``trial_id``, None at the end."""
        following = self.ids.index(trial_id) + 1
        return self.ids[following] if following < len(self.ids) else None


class OpenGridOracle(GridSearchOracle):  # type: ignore[misc]
    """Keras Tuner's grid search with names for where it stands: its state, as it is kept, says nothing of that."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._ordered_ids = TrialOrder()
        # Both are changed in place: the trials on the grid, along it, and those from which it goes on, the next first.
        self.order, self.starts = self._ordered_ids.ids, self._populate_next

    def compare(self, values: Values, other: Values) -> int:
        """Return -1 where ``values`` stand before ``other`` on the grid, 0 if they are equal, else 1."""
        return int(self._compare(values, other))


class Entry(TypedDict):
    """A trial in a round of hyperband; ``past_id`` is the trial that it continues."""

    past_id: str | None
    id: str


class Bracket(TypedDict):
    """A bracket of hyperband: the trials of each of its rounds."""

    bracket_num: int
    rounds: list[list[Entry]]


class OpenHyperbandOracle(HyperbandOracle):  # type: ignore[misc]
    """Keras Tuner's hyperband with names for its brackets: its promotions cannot be mended from outside."""

    _brackets: list[Bracket]

    @property
    def brackets(self) -> list[Bracket]:
        """The brackets that are not complete."""
        return self._brackets

    def drop_completed_brackets(self) -> None:
        """Leave out of `brackets` those whose last round is full."""
        self._remove_completed_brackets()

    def open_bracket(self, *, unless: int | None = None) -> bool:
        """Begin the next bracket; False if there are no more, or the last one begun is number ``unless``."""
        last = self._current_bracket == 0 and self._current_iteration + 1 >= self.hyperband_iterations
        if last or self._current_bracket == unless:
            return False
        self._increment_bracket_num()
        self._start_new_bracket()
        return True

    def planned_size(self, bracket: Bracket, number: int) -> int:
        """Return how many trials round ``number`` of ``bracket`` has if none fails."""
        return int(self._get_size(bracket["bracket_num"], number))

    def epochs(self, bracket: Bracket, number: int) -> int:
        """Return the epoch after which the trials of round ``number`` of ``bracket`` end."""
        return int(self._get_epochs(bracket["bracket_num"], number))
