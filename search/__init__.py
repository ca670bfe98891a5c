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
    from search.hypermodel import builder as builder
    from search.hypermodel import discover as discover
    from search.hypermodel import load_hypermodel as load_hypermodel
    from search.layout import SearchLayout as SearchLayout
    from search.ledger import Ledger as Ledger
    from search.options import training_options as training_options
    from search.oracles import make_oracle as make_oracle
    from search.oracles.bayesian import BayesianOracle as BayesianOracle
    from search.oracles.grid import GridOracle as GridOracle
    from search.oracles.hyperband import HyperbandOracle as HyperbandOracle
    from search.oracles.tpe import TPEOracle as TPEOracle
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

_HOMES = {
    "BayesianOracle": "search.oracles.bayesian",
    "Conductor": "search.conductor",
    "GalaxyHyperModel": "search.space",
    "GridOracle": "search.oracles.grid",
    "HyperbandOracle": "search.oracles.hyperband",
    "Ledger": "search.ledger",
    "LedgerError": "search.errors",
    "Nothing": "search.conductor",
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
    "beating": "search.heartbeat",
    "best_so_far": "search.ranking",
    "builder": "search.hypermodel",
    "bundle_location": "search.view",
    "check_free": "search.specification",
    "claim": "search.specification",
    "discover": "search.hypermodel",
    "extend": "search.specification",
    "is_alive": "search.heartbeat",
    "leaderboard": "search.ranking",
    "list_searches": "search.view",
    "load_hypermodel": "search.hypermodel",
    "make_oracle": "search.oracles",
    "now": "search.records",
    "open_same_dataset": "search.specification",
    "read_search": "search.view",
    "read_specification": "search.specification",
    "training_options": "search.options",
}
__all__ = sorted(_HOMES)
_WITH_KERAS_TUNER = (
    "search.conductor",
    "search.hypermodel",
    "search.oracles",
    "search.oracles.bayesian",
    "search.oracles.grid",
    "search.oracles.hyperband",
    "search.oracles.tpe",
    "search.space",
)
_import = lazily(__name__, _HOMES)


def __getattr__(name: str) -> object:
    if _HOMES.get(name) in _WITH_KERAS_TUNER:
        from trainer import import_tensorflow

        import_tensorflow()  # Keras Tuner would, noisily
    return _import(name)
