"""What may happen to a consultation, by whose hand, and what it is afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from portal.errors import Refused


class Status(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    EXPIRED = "expired"


class Move(StrEnum):
    CONFIRM = "confirm"
    DECLINE = "decline"
    CANCEL = "cancel"
    REPLACE = "replace"
    EXPIRE = "expire"


class Party(StrEnum):
    CLIENT = "client"
    THERAPIST = "therapist"
    PORTAL = "portal"


class MoveNotAllowed(Refused):
    """This party may not make this move on a consultation in this state."""


HOLDS_ITS_TIME = frozenset({Status.REQUESTED, Status.CONFIRMED})

# Later than this before its start, an answer would find the client already on the way, or not coming.
LAST_ANSWER_BEFORE = timedelta(hours=2)

_OUTCOMES: Mapping[tuple[Status, Party, Move], Status] = {
    (Status.REQUESTED, Party.THERAPIST, Move.CONFIRM): Status.CONFIRMED,
    (Status.REQUESTED, Party.THERAPIST, Move.DECLINE): Status.DECLINED,
    (Status.REQUESTED, Party.CLIENT, Move.CANCEL): Status.CANCELLED,
    # Nobody answered in time: the time is released and the client is told (T4).
    (Status.REQUESTED, Party.PORTAL, Move.EXPIRE): Status.EXPIRED,
    (Status.CONFIRMED, Party.CLIENT, Move.CANCEL): Status.CANCELLED,
    (Status.CONFIRMED, Party.THERAPIST, Move.CANCEL): Status.CANCELLED,
    # Nobody loses the time they have by asking for another: it goes when the other is confirmed (T5).
    (Status.REQUESTED, Party.PORTAL, Move.REPLACE): Status.REPLACED,
    (Status.CONFIRMED, Party.PORTAL, Move.REPLACE): Status.REPLACED,
}


def outcome(status: Status, party: Party, move: Move) -> Status:
    """The state after the move. Raises MoveNotAllowed."""
    try:
        return _OUTCOMES[status, party, move]
    except KeyError:
        raise MoveNotAllowed(f"{party} may not {move} a consultation that is {status}") from None


def moves_open_to(party: Party, status: Status) -> frozenset[Move]:
    """What a page may offer its reader."""
    return frozenset(move for (when, who, move) in _OUTCOMES if (when, who) == (status, party))


def answered_by(promised: datetime, *, starts_at: datetime) -> datetime:
    """By when a request is answered: as the practice promised, or two hours before the time itself.

    The sooner of the two counts. A time is asked for a day ahead at least, so most of a day is always left.
    """
    return min(promised, starts_at - LAST_ANSWER_BEFORE)
