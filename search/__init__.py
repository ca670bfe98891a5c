"""What may be searched, what to try next, and what came of it: spaces, oracles, records, ledger, leaderboard.

Knows nothing of Ray. Reading a search (`read_search`, `list_searches`) imports neither TensorFlow nor Keras Tuner.
"""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from search.conductor import Conductor as Conductor
    from search.conductor import Nothing as Nothing
    from search.errors import LedgerError as LedgerError
    from search.errors import SearchError as SearchError
    from search.errors import SettingsError as SettingsError
    from search.errors import SpaceError as SpaceError
    from search.heartbeat import beating as beating
    from search.heartbeat import is_alive as is_alive
    from search.hopeless import FIRST_TRIALS as FIRST_TRIALS
    from search.hypermodel import RANDOM_POINTS as RANDOM_POINTS
    from search.hypermodel import Builder as Builder
    from search.hypermodel import builder as builder
    from search.hypermodel import discover as discover
    from search.hypermodel import explore as explore
    from search.hypermodel import load_hypermodel as load_hypermodel
    from search.insight import Unclear as Unclear
    from search.insight import importances as importances
    from search.insight import plot_best_so_far as plot_best_so_far
    from search.insight import plot_contours as plot_contours
    from search.insight import plot_parallel_coordinates as plot_parallel_coordinates
    from search.insight import plot_slices as plot_slices
    from search.layout import SearchLayout as SearchLayout
    from search.ledger import Ledger as Ledger
    from search.options import training_options as training_options
    from search.oracles import make_oracle as make_oracle
    from search.oracles.bayesian import BayesianOracle as BayesianOracle
    from search.oracles.grid import GridOracle as GridOracle
    from search.oracles.hyperband import HyperbandOracle as HyperbandOracle
    from search.oracles.random_search import RandomOracle as RandomOracle
    from search.oracles.tpe import TPEOracle as TPEOracle
    from search.points import complete_points as complete_points
    from search.points import random_point as random_point
    from search.ranking import Row as Row
    from search.ranking import best_so_far as best_so_far
    from search.ranking import leaderboard as leaderboard
    from search.records import Record as Record
    from search.records import SearchState as SearchState
    from search.records import Suggestion as Suggestion
    from search.records import TrialState as TrialState
    from search.records import now as now
    from search.settings import SearchSettings as SearchSettings
    from search.space import GalaxyHyperModel as GalaxyHyperModel
    from search.specification import SearchSpecification as SearchSpecification
    from search.specification import check_free as check_free
    from search.specification import claim as claim
    from search.specification import extend as extend
    from search.specification import open_same_dataset as open_same_dataset
    from search.specification import read_specification as read_specification
    from search.view import SearchView as SearchView
    from search.view import bundle_location as bundle_location
    from search.view import list_searches as list_searches
    from search.view import read_search as read_search
    from search.view import read_trial as read_trial
    from search.warm_start import Lessons as Lessons
    from search.warm_start import find_search as find_search
    from search.warm_start import read_lessons as read_lessons
    from search.warm_start import take_lessons as take_lessons
    from search.warm_start import write_lessons as write_lessons

_HOMES = {
    "BayesianOracle": "search.oracles.bayesian",
    "Builder": "search.hypermodel",
    "Conductor": "search.conductor",
    "GalaxyHyperModel": "search.space",
    "GridOracle": "search.oracles.grid",
    "FIRST_TRIALS": "search.hopeless",
    "HyperbandOracle": "search.oracles.hyperband",
    "Ledger": "search.ledger",
    "LedgerError": "search.errors",
    "Lessons": "search.warm_start",
    "Nothing": "search.conductor",
    "RANDOM_POINTS": "search.hypermodel",
    "RandomOracle": "search.oracles.random_search",
    "Record": "search.records",
    "Row": "search.ranking",
    "SearchError": "search.errors",
    "SearchLayout": "search.layout",
    "SearchSettings": "search.settings",
    "SearchSpecification": "search.specification",
    "SearchState": "search.records",
    "SearchView": "search.view",
    "SettingsError": "search.errors",
    "SpaceError": "search.errors",
    "Suggestion": "search.records",
    "TPEOracle": "search.oracles.tpe",
    "TrialState": "search.records",
    "Unclear": "search.insight",
    "beating": "search.heartbeat",
    "best_so_far": "search.ranking",
    "builder": "search.hypermodel",
    "bundle_location": "search.view",
    "check_free": "search.specification",
    "claim": "search.specification",
    "complete_points": "search.points",
    "discover": "search.hypermodel",
    "explore": "search.hypermodel",
    "extend": "search.specification",
    "find_search": "search.warm_start",
    "importances": "search.insight",
    "is_alive": "search.heartbeat",
    "leaderboard": "search.ranking",
    "list_searches": "search.view",
    "load_hypermodel": "search.hypermodel",
    "make_oracle": "search.oracles",
    "now": "search.records",
    "open_same_dataset": "search.specification",
    "plot_best_so_far": "search.insight",
    "plot_contours": "search.insight",
    "plot_parallel_coordinates": "search.insight",
    "plot_slices": "search.insight",
    "random_point": "search.points",
    "read_lessons": "search.warm_start",
    "read_search": "search.view",
    "read_specification": "search.specification",
    "read_trial": "search.view",
    "take_lessons": "search.warm_start",
    "training_options": "search.options",
    "write_lessons": "search.warm_start",
}
__all__ = sorted(_HOMES)
_WITH_KERAS_TUNER = (
    "search.conductor",
    "search.hypermodel",
    "search.oracles",
    "search.oracles.bayesian",
    "search.oracles.grid",
    "search.oracles.hyperband",
    "search.oracles.random_search",
    "search.oracles.tpe",
    "search.points",
    "search.space",
    "search.warm_start",
)
_import = lazily(__name__, _HOMES)


def __getattr__(name: str) -> object:
    if _HOMES.get(name) in _WITH_KERAS_TUNER:
        from trainer import import_tensorflow

        import_tensorflow()  # Keras Tuner would, noisily
    return _import(name)
