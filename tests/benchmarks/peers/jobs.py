"""What is run: contestants by turns, each a search of one draw within the same CPU seconds."""

from dataclasses import dataclass

from benchmarks.peers.images import SIZES, draw_name

GALAXY, KERAS_TUNER, RAY_TUNE, BAYESIAN = "galaxy", "keras-tuner", "ray-tune", "keras-tuner-bayesian"
TITLES = {
    GALAXY: "ours",
    KERAS_TUNER: "Keras Tuner alone, Hyperband",
    RAY_TUNE: "Ray Tune, OptunaSearch, ASHA",
    BAYESIAN: "Keras Tuner alone, Bayesian",
}
CONTESTANTS = {2000: (GALAXY, KERAS_TUNER, RAY_TUNE), 500: (GALAXY, KERAS_TUNER, RAY_TUNE, BAYESIAN)}
SAME, USER = "same", "user"
"""The same trainer, one network; as a user would write it."""
DRAWS = {SAME: 5, USER: 3}
TARGETS = 3
"""Draws, no image of which is compared on, that fix the target: what Keras Tuner's median comes to at the end."""
BUDGETS = {2000: 1800.0, 500: 600.0}
"""CPU seconds of all processes of a contestant, by the images that it has."""
EPOCHS = {2000: 20, 500: 40}
"""Longest training of a trial, the same for all; `galaxy fit`, as a user calls it, chooses by itself."""
USER_SCORE = "val_macro_f1"
"""What searches choose by as a user would write it, by Keras's metric; ours has its own."""
COMPARED, TARGET, KILLED = "compared", "target", "killed"
_KILLED_DRAWS = 3


@dataclass(frozen=True)
class Job:
    """One run: a contestant on a draw within ``budget`` CPU seconds. ``purpose``: COMPARED, TARGET or KILLED."""

    size: int
    number: int
    mode: str
    contestant: str
    budget: float
    purpose: str = COMPARED

    @property
    def draw(self) -> str:
        """The name of its dataset."""
        return draw_name(self.size, self.number, is_target=self.purpose == TARGET)

    def __str__(self) -> str:
        return f"{self.mode}-{self.draw}-{self.contestant}{'-killed' * (self.purpose == KILLED)}"


def all_jobs(*, scale: float = 1.0) -> list[Job]:
    """Return them in the order in which they run: targets, then draws by turns, of each the next contestant first.

    ``scale`` shrinks the budgets, to try it all out.
    """
    budgets = {size: scale * seconds for size, seconds in BUDGETS.items()}
    jobs = [
        Job(size, number, mode, KERAS_TUNER, budgets[size], TARGET)
        for number in range(1, TARGETS + 1)
        for size in SIZES
        for mode in DRAWS
    ]
    for number in range(1, max(DRAWS.values()) + 1):
        for size in SIZES:
            for mode in DRAWS:
                if number <= DRAWS[mode]:
                    jobs += [Job(size, number, mode, one, budgets[size]) for one in _turn(size, number)]
    for number in range(1, _KILLED_DRAWS + 1):
        jobs += [Job(500, number, USER, one, budgets[500], KILLED) for one in _turn(500, number)]
    return jobs


def _turn(size: int, number: int) -> tuple[str, ...]:
    every = CONTESTANTS[size]
    first = (number - 1) % len(every)
    return (*every[first:], *every[:first])
