"""What the doctor finds: one result a question, and for each trouble its cure."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a question was answered."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"  # could not be looked at; another result says why


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one question."""

    check: str
    state: State
    message: str
    fix: str | None = None
    """What to do; every problem has one."""


def ok(check: str, message: str) -> Result:
    """All is well."""
    return Result(check, State.OK, message)


def problem(check: str, message: str, fix: str) -> Result:
    """Something hinders Sentinel; `fix` mends it."""
    return Result(check, State.PROBLEM, message, fix)


def unknown(check: str, message: str) -> Result:
    """It could not be looked at."""
    return Result(check, State.UNKNOWN, message)
