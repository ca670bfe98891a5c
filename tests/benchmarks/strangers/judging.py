"""What a command gave, and how that is judged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_TRACEBACKS = ("Traceback (most recent call last)", "*** SIG", "stack trace")
# A refusal is shown up to its way out.
_LONGEST, _LONGEST_REFUSAL = 120, 200
_UNKNOWN = ("no such option", "unexpected keyword argument 'hypermodel'")


class Judgement(StrEnum):
    """What a situation came to."""

    RIGHT = "right"
    REFUSED = "refused with a way out"
    WRONG = "wrong"
    MISSING = "no such option"
    UNMEASURED = "not measured"


@dataclass(frozen=True)
class Verdict:
    """A judgement and what was seen, in a few words."""

    judgement: Judgement
    said: str

    def __str__(self) -> str:
        longest = _LONGEST_REFUSAL if self.judgement is Judgement.REFUSED else _LONGEST
        said = " ".join(self.said.split()).replace("|", "\\|")
        said = said if len(said) <= longest else f"{said[: longest - 1]}…"
        if self.judgement in (Judgement.UNMEASURED, Judgement.MISSING):
            return said
        return f"{f'**{self.judgement}**' if self.judgement is Judgement.WRONG else self.judgement}: {said}"


@dataclass(frozen=True)
class Done:
    """A program that has ended: its exit status (None: it was ended after ``seconds``) and what it printed."""

    status: int | None
    out: str
    err: str
    seconds: float

    @property
    def line(self) -> str:
        """The last line that it gave, of the error if it has one."""
        lines = [line.strip() for text in (self.out, self.err) for line in text.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("galaxy: error:")]
        return (errors or lines or ["nothing"])[-1].removeprefix("galaxy: error: ")

    @property
    def answer(self) -> str:
        """The last line of its output."""
        return (self.out.splitlines() or ["nothing"])[-1]

    @property
    def shows_traceback(self) -> bool:
        """Whether it printed a traceback, of Python's or of the system's."""
        return any(sign in self.err + self.out for sign in _TRACEBACKS)

    @property
    def document(self) -> Mapping[str, Any]:
        """The JSON object that it printed; empty where it printed none."""
        try:
            document = json.loads(self.out)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    def failed(self) -> Verdict:
        """Say what is wrong with it where it should have done something else."""
        if self.status is None:
            return wrong(f"hangs > {self.seconds:.0f} s")
        if any(unknown in self.line for unknown in _UNKNOWN):
            return Verdict(Judgement.MISSING, self.line.partition(" (see")[0])
        kind = "traceback" if self.shows_traceback else f"exit {self.status}"
        return wrong(f"{kind}: {self.line}")


def right(said: str) -> Verdict:
    """Judge it to be as it should."""
    return Verdict(Judgement.RIGHT, said)


def wrong(said: str) -> Verdict:
    """Judge it to be otherwise."""
    return Verdict(Judgement.WRONG, said)


def unmeasured(why: str) -> Verdict:
    """Say why nothing is known."""
    return Verdict(Judgement.UNMEASURED, f"not measured: {why}")


def worked(done: Done, said: str = "") -> Verdict:
    """Ask for exit status 0 without a traceback."""
    if done.status != 0 or done.shows_traceback:
        return done.failed()
    return right(said or "exit 0")


def refused(done: Done, *words: str) -> Verdict:
    """Ask for one line with each of ``words``, which name what is wrong and the way out, and for no traceback."""
    if done.status == 0:
        return wrong(f"goes on: {outcome(done) if done.document else done.line}")
    missing = [word for word in words if word not in done.line]
    if done.status not in (1, 2) or done.shows_traceback or missing or "fault of Galaxy Tuner" in done.err:
        return done.failed()
    return Verdict(Judgement.REFUSED, done.line)


def completed(done: Done, trials: int) -> Verdict:
    """Ask for a search of so many trials, each completed."""
    if done.status != 0 or done.shows_traceback:
        return done.failed()
    states = [(trial["state"], trial["reason"]) for trial in done.document["trials"]]
    if states == [("completed", None)] * trials:
        return right(outcome(done))
    return wrong(outcome(done))


def infeasible(done: Done, reasons: Mapping[str, str], *, best: str | None = None) -> Verdict:
    """Ask for a search whose trials of these ids are infeasible for reasons with these words, all others completed."""
    if done.status != 0 or done.shows_traceback:
        return done.failed()
    for trial in done.document["trials"]:
        wanted = reasons.get(trial["trial_id"])
        fits = trial["state"] == "completed" if wanted is None else wanted in str(trial["reason"])
        if not fits or (wanted is not None and trial["state"] != "infeasible"):
            return wrong(outcome(done))
    if best is not None and done.document["best"] != best:
        return wrong(f"the best is said to be {done.document['best']}")
    return right(outcome(done))


def outcome(done: Done) -> str:
    """Say what became of a search's trials: how many are in each state, and the first reason."""
    trials = done.document["trials"]
    states = [trial["state"] for trial in trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
    reasons = [trial["reason"] for trial in trials if trial["reason"]]
    return counts + (f" ({reasons[0]})" if reasons else "")
