"""A start of what a benchmark runs for long, and how it ended."""

from dataclasses import dataclass, field


@dataclass
class Start:
    """When it began, the load before (processes that run or want to, of others alone), how it ended.

    ``status`` is None while it runs; ``is_asked``: it was ended from here: at its limit, by a kill, with this process.
    """

    began: str
    load_before: float
    status: int | None = field(default=None, kw_only=True)
    is_asked: bool = field(default=False, kw_only=True)

    @property
    def is_fault(self) -> bool:
        """Whether it has ended by itself, and not well."""
        return self.status not in (None, 0) and not self.is_asked
