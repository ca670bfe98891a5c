# For users: few, and they stay.
from .errors import SearchError as SearchError
from .insight.figures import (
    importances as importances,
    plot_best_so_far as plot_best_so_far,
    plot_contours as plot_contours,
    plot_parallel_coordinates as plot_parallel_coordinates,
    plot_slices as plot_slices,
)
from .ledger.removing import delete_search as delete_search, rename_search as rename_search
from .ledger.survey import list_searches as list_searches, survey_searches as survey_searches
from .ledger.view import read_search as read_search
from .settings import SearchSettings as SearchSettings, check_gpus as check_gpus
from .space.built_in import GalaxyHyperModel as GalaxyHyperModel

# isort: split
# For the layers above.
from .conducting.completeness import check_complete as check_complete
from .conducting.conductor import Conductor as Conductor, NoSuggestion as NoSuggestion
from .conducting.edited_space import (
    check_space as check_space,
    check_values as check_values,
    find_again as find_again,
)
from .conducting.fail_fast import FAIL_FAST_TRIALS as FAIL_FAST_TRIALS, commonest_failure as commonest_failure
from .conducting.retrying import (
    check_retries as check_retries,
    choose_retries as choose_retries,
    kinds_to_retry as kinds_to_retry,
)
from .conducting.timing import end_all as end_all
from .conducting.warm_start import (
    WarmStart as WarmStart,
    collect_warm_start as collect_warm_start,
    find_search as find_search,
    read_warm_start as read_warm_start,
    write_warm_start as write_warm_start,
)
from .errors import (
    LedgerError as LedgerError,
    PlaceLostError as PlaceLostError,
    SettingsError as SettingsError,
    SpaceError as SpaceError,
)
from .finals.choice import judged as judged
from .finals.coming import (
    MOST_BEGINNINGS as MOST_BEGINNINGS,
    Which as Which,
    is_exhausted as is_exhausted,
    next_beginning as next_beginning,
    why_none as why_none,
)
from .finals.defaults import known_defaults as known_defaults
from .finals.finalists import begin_finals as begin_finals, choose_finalists as choose_finalists
from .finals.forecast import (
    Cost as Cost,
    as_measured as as_measured,
    forecast as forecast,
    measured_costs as measured_costs,
)
from .finals.planning import (
    BEGINNINGS as BEGINNINGS,
    Plan as Plan,
    make_further_plan as make_further_plan,
    make_plan as make_plan,
    planned_seconds as planned_seconds,
)
from .finals.standing import FinalsStanding as FinalsStanding
from .insight.evidence import (
    Evidence as Evidence,
    foretold as foretold,
    said_of_foretold as said_of_foretold,
    seldom as seldom,
)
from .insight.figures import MOST_OF_CONTOURS as MOST_OF_CONTOURS
from .insight.study import Looked as Looked, Unclear as Unclear, look_at as look_at
from .layout import (
    CODE as CODE,
    DEFAULT_STORAGE as DEFAULT_STORAGE,
    DRIVERS as DRIVERS,
    TRAINERS as TRAINERS,
    TRAINING_CODE as TRAINING_CODE,
    TRAINING_TIME as TRAINING_TIME,
    SearchLayout as SearchLayout,
    check_name as check_name,
)
from .ledger.details import (
    LONGEST_NOTE as LONGEST_NOTE,
    TrialDetails as TrialDetails,
    read_details as read_details,
    write_note as write_note,
)
from .ledger.finals import (
    DEFAULTS as DEFAULTS,
    EndedBeginning as EndedBeginning,
    Finalist as Finalist,
    Finals as Finals,
    WorthFigures as WorthFigures,
    read_finals as read_finals,
    write_finals as write_finals,
)
from .ledger.fit_record import FitRecord as FitRecord, note_fit as note_fit, read_fit as read_fit
from .ledger.following import Followed as Followed, Follower as Follower
from .ledger.forecast import (
    epoch_seconds as epoch_seconds,
    epochs_that_fit as epochs_that_fit,
    start_seconds as start_seconds,
)
from .ledger.heartbeat import (
    Driven as Driven,
    Place as Place,
    driver_heartbeat as driver_heartbeat,
    driver_is_alive as driver_is_alive,
    is_driven_by as is_driven_by,
    repeating as repeating,
)
from .ledger.leaving import check_staying as check_staying
from .ledger.ledger import Ledger as Ledger
from .ledger.machine import process_seconds as process_seconds, this_machine as this_machine
from .ledger.ranking import Row as Row, best_so_far as best_so_far, leaderboard as leaderboard
from .ledger.records import (
    Record as Record,
    Retry as Retry,
    SearchState as SearchState,
    Suggestion as Suggestion,
    TrialState as TrialState,
    in_order_of_end as in_order_of_end,
    now as now,
    out_of_time as out_of_time,
)
from .ledger.rungs import REDUCTION_FACTOR as REDUCTION_FACTOR, grace_epochs as grace_epochs, rungs as rungs
from .ledger.specification import (
    SearchSpecification as SearchSpecification,
    check_name_free as check_name_free,
    create_search as create_search,
    extended as extended,
    is_taken as is_taken,
    keep_changes as keep_changes,
    moved as moved,
    open_same_dataset as open_same_dataset,
    read_specification as read_specification,
)
from .ledger.survey import DamagedSearch as DamagedSearch, Survey as Survey
from .ledger.time_budget import TimeBudget as TimeBudget, spent_so_far as spent_so_far
from .ledger.view import SearchView as SearchView, bundle_location as bundle_location, read_trial as read_trial
from .options import check_names as check_names, training_options as training_options
from .oracles.bayesian import BayesianOracle as BayesianOracle
from .oracles.factory import make_oracle as make_oracle
from .oracles.grid import GridOracle as GridOracle
from .oracles.hyperband import HyperbandOracle as HyperbandOracle
from .oracles.random_search import RandomOracle as RandomOracle
from .oracles.tpe import TPEOracle as TPEOracle
from .sources import (
    own_sources as own_sources,
    space_imports as space_imports,
    space_sources as space_sources,
)
from .space.discovery import (
    RANDOM_POINTS as RANDOM_POINTS,
    Builder as Builder,
    as_space as as_space,
    discover as discover,
    explore as explore,
)
from .space.given import check_given as check_given, with_given as with_given
from .space.hypermodel import load_hypermodel as load_hypermodel
from .space.option_values import check_option_values as check_option_values
from .space.points import (
    check_defaults as check_defaults,
    complete as complete,
    complete_points as complete_points,
    random_point as random_point,
)
from .space.starting import starting_points as starting_points
from .values import Value as Value
