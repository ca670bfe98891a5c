# For users: few, and they stay.
from .errors import ClusterError as ClusterError, RayGoneError as RayGoneError
from .jobs.search import resume_search as resume_search, run_search as run_search, stop_search as stop_search
from .jobs.settings import TrainSettings as TrainSettings
from .jobs.training import train_winners as train_winners
