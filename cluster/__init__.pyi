# For users: few, and they stay.
from .driving.interrupting import Terminated as Terminated
from .errors import (
    CatalogueError as CatalogueError,
    ClusterError as ClusterError,
    OutOfTimeError as OutOfTimeError,
    RayGoneError as RayGoneError,
)
from .jobs.catalogue import (
    CatalogueResult as CatalogueResult,
    classify_catalogue as classify_catalogue,
)
from .jobs.catalogue_plan import CatalogueSettings as CatalogueSettings
from .jobs.doctor import examine as examine
from .jobs.finals import train_finalists as train_finalists, train_within as train_within
from .jobs.fit import fit as fit, resume_fit as resume_fit
from .jobs.fit_result import FitResult as FitResult, Watches as Watches
from .jobs.resuming import resume_search as resume_search
from .jobs.search import run_search as run_search, stop_search as stop_search
from .jobs.settings import TrainSettings as TrainSettings
from .jobs.submission import (
    Submitted as Submitted,
    submit_fit as submit_fit,
    submit_resume as submit_resume,
    submit_search as submit_search,
)
from .jobs.training import train_winners as train_winners
from .jobs.where import Where as Where

# isort: split
# For the layers above.
from .driving.interrupting import terminable as terminable
from .driving.log_file import keep_own_errors as keep_own_errors
from .files.checking import check_cluster_file as check_cluster_file, launching_command as launching_command
from .files.shipping import shipped_token as shipped_token
from .jobs.fit import time_left as time_left
from .nodes.checks import Check as Check
from .nodes.late import anything_is_late as anything_is_late
from .workers.counts import Counts as Counts
