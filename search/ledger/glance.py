"""What of a search follows from its specification, its state and its finalists, however its trials are held."""

from search.ledger.finals import Finals
from search.ledger.records import SearchState
from search.ledger.specification import SearchSpecification
from trainer import Objective


class Glance:
    """A search at a moment. Who inherits has these attributes, and says who leads.

    ``finals`` are its finalists, None where none were trained; ``spent`` are the seconds that it has taken, None where
    it was given no time; ``whole`` are those of the fit that it is a part of, in all, and ``is_done`` says whether that
    has come to its end. ``is_training`` says whether its winners or finalists are being trained.
    """

    specification: SearchSpecification
    state: SearchState
    finals: Finals | None
    spent: float | None
    whole: float | None
    is_done: bool
    is_training: bool

    @property
    def _leader(self) -> str | None:
        """Trial id of the best-ranked trial; None while none has a score."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The search's name."""
        return self.specification.settings.name

    @property
    def objective(self) -> Objective:
        """The metric optimised and its direction."""
        return self.specification.objective

    @property
    def is_live(self) -> bool:
        """Whether something of it runs, so that the next look may find more."""
        return self.state is SearchState.RUNNING or self.is_training

    @property
    def is_open(self) -> bool:
        """Whether it is part of a fit that has not come to its end."""
        return self.whole is not None and not self.is_done

    @property
    def is_training_alone(self) -> bool:
        """Whether what runs of it is a `galaxy train`: neither the search, nor the fit that it is a part of."""
        return self.is_training and self.state is not SearchState.RUNNING and not self.is_open

    @property
    def best(self) -> str | None:
        """Trial id of the finalist that was chosen, else of the leader; None while no trial has a score.

        `search.ledger.finals.DEFAULTS` for the space's defaults where no trial has had them.
        """
        if self.finals is not None and self.finals.chosen is not None:
            return self.finals.chosen
        return self._leader

    @property
    def limit(self) -> float | None:
        """Seconds that it was given, or the fit that it is a part of; None where it was given none."""
        return self.whole or self.specification.settings.time_limit

    @property
    def left(self) -> float | None:
        """Seconds that are left of those; None where it was given none, or what runs has another time."""
        return None if self.limit is None or self.is_training_alone else max(0.0, self.limit - (self.spent or 0.0))
