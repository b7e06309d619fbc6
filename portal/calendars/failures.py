"""Why a calendar elsewhere could not be read: a word of ours, never a text from outside."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """What the page turns into a sentence, and the row keeps."""

    # The address is none that can be asked.
    UNFIT_ADDRESS = "unfit-address"
    NO_SUCH_HOST = "no-such-host"
    # It leads into the practice's own network.
    INSIDE = "inside"
    # A password would travel unencrypted, or the server cannot show who it is.
    NOT_SECURE = "not-secure"
    NO_ANSWER = "no-answer"
    TOO_SLOW = "too-slow"
    TOO_LARGE = "too-large"
    # It is sent on and on.
    GOES_ROUND = "goes-round"
    SIGN_IN = "sign-in"
    NOT_THERE = "not-there"
    # Any other answer than the calendar.
    TURNED_AWAY = "turned-away"
    NOT_A_CALENDAR = "not-a-calendar"
    # More entries or repetitions than any diary holds.
    TOO_MANY = "too-many"
    # It cannot be worked out in the time and memory that it is given.
    TOO_HARD = "too-hard"
    # The sealed address cannot be opened; the master key is another one.
    LOCKED = "locked"
    # Something that nobody thought of; the log says where.
    UNKNOWN = "unknown"


class CannotBeRead(Exception):
    """This look at a calendar elsewhere brought nothing; `why` says why."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why
