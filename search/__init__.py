"""What may be searched, what to try next, and what came of it: spaces, oracles, records, ledger, leaderboard.

Knows nothing of Ray. Reading a search (`read_search`, `list_searches`) imports neither TensorFlow nor Keras Tuner.
"""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from search.conducting.conductor import Conductor as Conductor, Nothing as Nothing
    from search.conducting.fail_fast import FIRST_TRIALS as FIRST_TRIALS
    from search.conducting.warm_start import (
        Lessons as Lessons,
        find_search as find_search,
        read_lessons as read_lessons,
        take_lessons as take_lessons,
        write_lessons as write_lessons,
    )
    from search.errors import (
        LedgerError as LedgerError,
        SearchError as SearchError,
        SettingsError as SettingsError,
        SpaceError as SpaceError,
    )
    from search.insight import (
        Unclear as Unclear,
        importances as importances,
        plot_best_so_far as plot_best_so_far,
        plot_contours as plot_contours,
        plot_parallel_coordinates as plot_parallel_coordinates,
        plot_slices as plot_slices,
    )
    from search.layout import SearchLayout as SearchLayout
    from search.ledger.heartbeat import beating as beating, is_alive as is_alive
    from search.ledger.ledger import Ledger as Ledger
    from search.ledger.ranking import Row as Row, best_so_far as best_so_far, leaderboard as leaderboard
    from search.ledger.records import (
        Record as Record,
        SearchState as SearchState,
        Suggestion as Suggestion,
        TrialState as TrialState,
        now as now,
    )
    from search.ledger.specification import (
        SearchSpecification as SearchSpecification,
        check_free as check_free,
        claim as claim,
        extend as extend,
        open_same_dataset as open_same_dataset,
        read_specification as read_specification,
    )
    from search.ledger.view import (
        SearchView as SearchView,
        bundle_location as bundle_location,
        list_searches as list_searches,
        read_search as read_search,
        read_trial as read_trial,
    )
    from search.oracles.bayesian import BayesianOracle as BayesianOracle
    from search.oracles.factory import make_oracle as make_oracle
    from search.oracles.grid import GridOracle as GridOracle
    from search.oracles.hyperband import HyperbandOracle as HyperbandOracle
    from search.oracles.random_search import RandomOracle as RandomOracle
    from search.oracles.tpe import TPEOracle as TPEOracle
    from search.settings import SearchSettings as SearchSettings
    from search.space.built_in import GalaxyHyperModel as GalaxyHyperModel
    from search.space.hypermodel import (
        RANDOM_POINTS as RANDOM_POINTS,
        Builder as Builder,
        builder as builder,
        discover as discover,
        explore as explore,
        load_hypermodel as load_hypermodel,
    )
    from search.space.options import training_options as training_options
    from search.space.points import (
        complete as complete,
        complete_points as complete_points,
        random_point as random_point,
    )

_HOMES = {
    "BayesianOracle": "search.oracles.bayesian",
    "Builder": "search.space.hypermodel",
    "Conductor": "search.conducting.conductor",
    "GalaxyHyperModel": "search.space.built_in",
    "GridOracle": "search.oracles.grid",
    "FIRST_TRIALS": "search.conducting.fail_fast",
    "HyperbandOracle": "search.oracles.hyperband",
    "Ledger": "search.ledger.ledger",
    "LedgerError": "search.errors",
    "Lessons": "search.conducting.warm_start",
    "Nothing": "search.conducting.conductor",
    "RANDOM_POINTS": "search.space.hypermodel",
    "RandomOracle": "search.oracles.random_search",
    "Record": "search.ledger.records",
    "Row": "search.ledger.ranking",
    "SearchError": "search.errors",
    "SearchLayout": "search.layout",
    "SearchSettings": "search.settings",
    "SearchSpecification": "search.ledger.specification",
    "SearchState": "search.ledger.records",
    "SearchView": "search.ledger.view",
    "SettingsError": "search.errors",
    "SpaceError": "search.errors",
    "Suggestion": "search.ledger.records",
    "TPEOracle": "search.oracles.tpe",
    "TrialState": "search.ledger.records",
    "Unclear": "search.insight",
    "beating": "search.ledger.heartbeat",
    "best_so_far": "search.ledger.ranking",
    "builder": "search.space.hypermodel",
    "bundle_location": "search.ledger.view",
    "check_free": "search.ledger.specification",
    "claim": "search.ledger.specification",
    "complete": "search.space.points",
    "complete_points": "search.space.points",
    "discover": "search.space.hypermodel",
    "explore": "search.space.hypermodel",
    "extend": "search.ledger.specification",
    "find_search": "search.conducting.warm_start",
    "importances": "search.insight",
    "is_alive": "search.ledger.heartbeat",
    "leaderboard": "search.ledger.ranking",
    "list_searches": "search.ledger.view",
    "load_hypermodel": "search.space.hypermodel",
    "make_oracle": "search.oracles.factory",
    "now": "search.ledger.records",
    "open_same_dataset": "search.ledger.specification",
    "plot_best_so_far": "search.insight",
    "plot_contours": "search.insight",
    "plot_parallel_coordinates": "search.insight",
    "plot_slices": "search.insight",
    "random_point": "search.space.points",
    "read_lessons": "search.conducting.warm_start",
    "read_search": "search.ledger.view",
    "read_specification": "search.ledger.specification",
    "read_trial": "search.ledger.view",
    "take_lessons": "search.conducting.warm_start",
    "training_options": "search.space.options",
    "write_lessons": "search.conducting.warm_start",
}
__all__ = sorted(_HOMES)
_WITH_KERAS_TUNER = (
    "search.conducting.conductor",
    "search.space.hypermodel",
    "search.oracles.factory",
    "search.oracles.bayesian",
    "search.oracles.grid",
    "search.oracles.hyperband",
    "search.oracles.random_search",
    "search.oracles.tpe",
    "search.space.points",
    "search.space.built_in",
    "search.conducting.warm_start",
)
_import = lazily(__name__, _HOMES)


def __getattr__(name: str) -> object:
    if _HOMES.get(name) in _WITH_KERAS_TUNER:
        from trainer import import_tensorflow

        import_tensorflow()  # Keras Tuner would, noisily
    return _import(name)
