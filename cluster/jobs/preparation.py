"""What is done before a search starts: find its space, try one batch, check that a model can be kept."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from datasets import Dataset
from search import (
    RANDOM_POINTS,
    Builder,
    Ledger,
    SearchLayout,
    SearchSettings,
    SettingsError,
    SpaceError,
    Value,
    WarmStart,
    check_defaults,
    check_names,
    check_option_values,
    collect_warm_start,
    complete,
    complete_points,
    discover,
    explore,
    find_again,
    find_search,
    load_hypermodel,
    make_oracle,
    random_point,
    training_options,
    write_warm_start,
)
from trainer import InfeasibleError, Objective, check_model, seconds_per_epoch

if TYPE_CHECKING:  # it imports TensorFlow: `search` does so quietly, when it is needed
    import keras_tuner

Plan = Callable[[SearchSettings, float], SearchSettings]
"""Gives the settings of a search, from those so far and the seconds of an epoch."""
LEARNING = ("tpe", "bayesian")
"""Oracles that learn from what was tried, and so from where a search begins."""
_log = logging.getLogger(__name__)


class Preparation:
    """A dataset and settings on their way to a search. Making one tries a batch.

    Raises a `datasets.GalaxyTunerError`, one line, for a HyperModel that cannot be imported or never builds, an
    objective that no model has, and a dataset that cannot be trained on. ``hypermodel`` is the search's where that is
    given as an object.
    """

    def __init__(
        self, dataset: Dataset, settings: SearchSettings, hypermodel: object | None, *, resumed: bool = False
    ) -> None:
        self._dataset = dataset
        self._settings = settings
        self._objective = Objective.parse(settings.objective)
        self._hypermodel = load_hypermodel(
            settings.hypermodel,
            input_shape=dataset.image_shape,
            num_classes=len(dataset.classes),
            given=hypermodel,
        )
        self._space = discover(self._hypermodel, seed=settings.seed)
        check_defaults(self._space)
        likely = check_names({one.name for one in self._space.space})
        if not resumed:  # what a trial is proposed costs itself alone
            check_option_values(self._space)
            for name, option in likely.items():
                _log.warning(
                    "Hyperparameter %r sets no training option, and one is called %r: is it that?", name, option
                )
        self._explore = partial(explore, self._hypermodel, self._space)
        self._defaults_work = self._try_batch()
        if self._modules and not resumed:
            options = " ".join(f"--module {module}" for module in self._modules)
            _log.warning("The model has classes of its own: what `galaxy train` makes of it is used with %s.", options)

    def first_points(self) -> SearchSettings:
        """Return the settings with the points that are tried first: those of ``--try``, checked and in full.

        Without any, an oracle that learns starts from the space's defaults: whoever wrote the space thought them good,
        and the search then ends no worse. Raises SettingsError.
        """
        settings = self._settings
        if not settings.points:
            learns_from_nothing = settings.oracle in LEARNING and settings.warm_start is None
            defaults = (complete(self._space, {}),) if learns_from_nothing and self._defaults_work else ()
            return settings.model_copy(update={"points": defaults})
        _refuse_hyperband(settings, "--try")
        try:
            self._explore(settings.points)
            points = complete_points(self._space, settings.points)
        except SettingsError as error:
            raise SettingsError(f"--try: {error}") from error
        if settings.trials is not None and len(points) > settings.trials:
            raise SettingsError(
                f"--trials {settings.trials}: --try gives {len(points)} points: ask for at least as many"
            )
        return settings.model_copy(update={"points": points})

    def warm_start(self, storage: str) -> WarmStart | None:
        """Take from another search what ``--warm-start`` asks for. Raises LedgerError, SettingsError."""
        if self._settings.warm_start is None:
            return None
        _refuse_hyperband(self._settings, "--warm-start")
        layout = find_search(self._settings.warm_start, storage)
        return collect_warm_start(layout, self._space, self._objective, explore=self._explore)

    def find_again(self, ledger: Ledger) -> None:
        """Add to the space what only trials of the search have discovered."""
        find_again(ledger, self._hypermodel, self._space)

    def oracle(self) -> "keras_tuner.Oracle":
        """Make the oracle of the space."""
        return make_oracle(
            self._settings.oracle,
            hyperparameters=self._space,
            objective=self._objective,
            max_trials=self._settings.trials,
            seed=self._settings.seed,
            max_epochs=self._settings.epochs,
        )

    def plan(self, plan: Plan) -> None:
        """Go on with the settings that ``plan`` gives, once an epoch of the default model has been timed here."""
        self._settings = plan(self._settings, self.epoch_seconds)

    @cached_property
    def epoch_seconds(self) -> float:
        """What an epoch of the default model takes here, timed when it is first asked for.

        Where the default model does not train, one of the random ones that do. Raises SpaceError if none does.
        """
        try:
            return self._time(self._tried)
        except InfeasibleError as error:
            first = error
        for point in self._random_points():
            try:
                seconds = self._time(point)
            except InfeasibleError:
                continue
            _log.warning("The default model does not train (%s): an epoch of a random one is timed.", first)
            return seconds
        raise SpaceError(
            f"neither the default hyperparameters nor {RANDOM_POINTS} random ones give a model that trains: {first}"
        ) from first

    def _try_batch(self) -> bool:
        """Try one batch of the default model; if it is infeasible, of random ones, until one is not.

        Returns whether the default model is feasible.
        """
        try:
            self._check(self._space.values)
            return True
        except InfeasibleError as error:
            first = error
        for point in self._random_points():
            try:
                self._check(point)
            except InfeasibleError:
                continue
            _log.warning("The model of the default hyperparameters is infeasible (%s); random ones are not.", first)
            return False
        raise SpaceError(
            f"neither the default hyperparameters nor {RANDOM_POINTS} random ones give a model: {first}"
        ) from first

    def _random_points(self) -> Iterator[Mapping[str, Value]]:
        return (random_point(self._space, seed=self._settings.seed + 1000 * number) for number in range(RANDOM_POINTS))

    def _time(self, values: Mapping[str, Value]) -> float:
        """Return the seconds of an epoch. Raises InfeasibleError for values that give no model, or one that fails."""
        options = training_options(values, epochs=self._settings.epochs)
        builder = Builder(self._hypermodel, values)
        return seconds_per_epoch(builder, self._dataset, options, seed=self._settings.seed)

    def _check(self, values: Mapping[str, Value]) -> None:
        options = training_options(values, epochs=self._settings.epochs)
        builder, built_in = Builder(self._hypermodel, values), self._settings.hypermodel is None
        checked = check_model(builder, self._dataset, options, self._objective, known_kept=built_in)
        self._modules, self._tried = checked.modules, values


def _refuse_hyperband(settings: SearchSettings, option: str) -> None:
    if settings.oracle == "hyperband":
        raise SettingsError(
            f"{option}: hyperband plans all its trials by itself: take --oracle tpe, bayesian, random or grid"
        )


def keep_warm_start(warm_start: WarmStart | None, layout: SearchLayout) -> None:
    """Keep what a search learns from others before its first trial, if anything, and say so."""
    if warm_start is not None:
        write_warm_start(layout, warm_start)
        _log.warning("Warm start: %s.", warm_start)
