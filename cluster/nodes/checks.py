"""What was looked at on a node, and what to do about it where it is not as it should be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing looked at on one node.

    Attributes:
        node: The node's name.
        check: What was looked at, in a word or two, the same on every node.
        ok: Whether it is as it should be.
        found: What is there, in a few words; of a fault also what was expected.
        advice: What to do about a fault, in one line; None where there is none.
        is_grave: Whether the fault keeps trials from running there, or from being stored.
        margin: What was measured over what is needed, where it is a number: a table shows the node with the least.
    """

    node: str
    check: str
    ok: bool
    found: str
    advice: str | None = None
    is_grave: bool = False
    margin: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the object that ``--json`` prints of it."""
        return {"node": self.node, "check": self.check, "ok": self.ok, "found": self.found, "advice": self.advice}
