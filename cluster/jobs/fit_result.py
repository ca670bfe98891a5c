"""Who is told of a fit, and what it gives."""

from dataclasses import dataclass

from cluster.jobs.final_run import Watch as TrainWatch
from cluster.jobs.supervision import Watch
from search import SearchView, commonest_failure
from trainer import FinalResult


@dataclass(frozen=True)
class Watches:
    """Who is told, about once a second, from another thread: of the search, and then of the finalists."""

    search: Watch | None = None
    training: TrainWatch | None = None


@dataclass(frozen=True)
class FitResult:
    """What a fit gave: the search as it stands, its bundle, and the seconds it took of those it had.

    ``final`` is what there is of a bundle where it ``is_stopped`` by its user; None where there is none yet.
    """

    view: SearchView
    final: FinalResult | None
    seconds: float
    time_limit: float
    is_stopped: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the object that `galaxy fit --json` prints."""
        final = (
            dict.fromkeys(("model", "members", "interim", "metrics")) if self.final is None else self.final.as_json()
        )
        spent = {"seconds": round(self.seconds, 1), "time_limit": self.time_limit}
        board = self.view.as_json()
        return {key: board[key] for key in ("search", "best", "worth", "finalists")} | final | spent


def why_nothing(view: SearchView, again: str, *, is_time_up: bool) -> str:
    """Say why a fit has come to nothing of which no trial has a score; the command ``again`` tries those anew."""
    failure = commonest_failure(view.rows)
    why, mend = ("", "") if failure is None else (f"; why most failed: {failure}", "mend that, then ")
    if is_time_up:
        return f"the time was up before any trial had a score{why}: {mend}give {again} more, with --time-limit"
    return f"none of {len(view.rows)} trials of fit {view.name!r} has a score{why}: {mend}{again} tries them again"
