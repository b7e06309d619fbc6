"""What may happen to a consultation, by whose hand, and what it is afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.errors import Refused


class Status(StrEnum):
    # Chosen while the questionnaire is still filled in, where the therapist wants that first.
    KEPT = "kept"
    REQUESTED = "requested"
    # The therapist offers other times, and waits for the client.
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    EXPIRED = "expired"
    MET = "met"
    NOT_MET = "not-met"


class Move(StrEnum):
    ASK = "ask"
    CONFIRM = "confirm"
    PROPOSE = "propose"
    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"
    REPLACE = "replace"
    EXPIRE = "expire"
    MEET = "meet"
    MISS = "miss"
    # Back to how it stood before the last move.
    UNDO = "undo"


class Party(StrEnum):
    CLIENT = "client"
    THERAPIST = "therapist"
    PORTAL = "portal"


class MoveNotAllowed(Refused):
    """This party may not make this move on a consultation in this state."""


class TooLateToChange(Refused):
    """Until when it could be moved or cancelled by the client alone has passed; they can still write."""


class TooLateToUndo(Refused):
    """Ten minutes have passed, something has happened since, or it was somebody else's doing."""


HOLDS_ITS_TIME = frozenset({Status.KEPT, Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED})
# Somebody still has to say something.
IS_OPEN = HOLDS_ITS_TIME - {Status.CONFIRMED}

# So many times can be asked for at once, in order of preference; all are held.
MOST_TIMES = 3
# Later than this before its start, an answer would find the client already on the way, or not coming.
LAST_ANSWER_BEFORE = timedelta(hours=2)
# So long before it a time can last be asked for, whatever its kind says: an hour is left to answer.
LEAST_NOTICE = LAST_ANSWER_BEFORE + timedelta(hours=1)
UNDONE_WITHIN = timedelta(minutes=10)
# A time is kept for somebody who is still answering: so long after they were last seen, and a day at most,
# since others look for a time too.
KEPT_AFTER_ACTIVITY, KEPT_AT_MOST = timedelta(minutes=45), timedelta(days=1)
# What the portal offers by itself waits so long for its client.
OFFERED_FOR, _LEAST_TO_ANSWER = timedelta(days=1), timedelta(hours=3)
# A therapist is reminded so long before an answer is due; what falls into the night moves to the afternoon
# before, and who was asked shortly before needs no reminder.
_REMINDED_BEFORE, _MORNING, _AFTERNOON = timedelta(hours=3), time(8), time(16)
_LEAST_SINCE_ASKED = timedelta(hours=1)
_CHANGED_AFTER_ALL_WITHIN = timedelta(hours=3)
# What waits for an answer again, because one was taken back, waits so long at least.
_ANSWERED_ANEW_WITHIN = timedelta(minutes=30)
# A client who is offered other times has at least so long to choose among them.
_CHOSEN_WITHIN = timedelta(days=2)

_OUTCOMES: Mapping[tuple[Status, Party, Move], Status] = {
    # The portal asks for the client, once they have sent their answers.
    (Status.KEPT, Party.PORTAL, Move.ASK): Status.REQUESTED,
    (Status.KEPT, Party.CLIENT, Move.CANCEL): Status.CANCELLED,
    (Status.KEPT, Party.PORTAL, Move.EXPIRE): Status.EXPIRED,
    (Status.REQUESTED, Party.THERAPIST, Move.CONFIRM): Status.CONFIRMED,
    (Status.REQUESTED, Party.THERAPIST, Move.PROPOSE): Status.PROPOSED,
    (Status.REQUESTED, Party.THERAPIST, Move.DECLINE): Status.DECLINED,
    (Status.REQUESTED, Party.CLIENT, Move.CANCEL): Status.CANCELLED,
    # Nobody answered in time: the time is released and both are told (T4).
    (Status.REQUESTED, Party.PORTAL, Move.EXPIRE): Status.EXPIRED,
    (Status.PROPOSED, Party.CLIENT, Move.ACCEPT): Status.CONFIRMED,
    # None of the times fits.
    (Status.PROPOSED, Party.CLIENT, Move.DECLINE): Status.DECLINED,
    (Status.PROPOSED, Party.THERAPIST, Move.CANCEL): Status.CANCELLED,
    (Status.PROPOSED, Party.PORTAL, Move.EXPIRE): Status.EXPIRED,
    (Status.CONFIRMED, Party.CLIENT, Move.CANCEL): Status.CANCELLED,
    (Status.CONFIRMED, Party.THERAPIST, Move.CANCEL): Status.CANCELLED,
    # Nobody loses the time they have by asking for another: it goes when the other is confirmed (T5).
    (Status.KEPT, Party.PORTAL, Move.REPLACE): Status.REPLACED,
    (Status.REQUESTED, Party.PORTAL, Move.REPLACE): Status.REPLACED,
    (Status.PROPOSED, Party.PORTAL, Move.REPLACE): Status.REPLACED,
    (Status.CONFIRMED, Party.PORTAL, Move.REPLACE): Status.REPLACED,
    # Once the time is over; said in neutral words, and mended if it was a slip.
    (Status.CONFIRMED, Party.THERAPIST, Move.MEET): Status.MET,
    (Status.CONFIRMED, Party.THERAPIST, Move.MISS): Status.NOT_MET,
    (Status.MET, Party.THERAPIST, Move.MISS): Status.NOT_MET,
    (Status.NOT_MET, Party.THERAPIST, Move.MEET): Status.MET,
}

_CAN_BE_UNDONE = frozenset({Move.CONFIRM, Move.DECLINE, Move.CANCEL})


class Beside(StrEnum):
    """How another consultation of the same client's stands to the one that is spoken of."""

    # It was asked for instead of it.
    INSTEAD_OF_IT = "instead-of-it"
    # It is the one instead of which this was asked for.
    TO_BE_REPLACED = "to-be-replaced"
    APART = "apart"


# Of two, one of which is instead of the other, the client wanted one: where they have the other by now, this
# does not come back. (How it would stand again, how the other stands to it, and how the other stands.)
_SETTLED_BESIDE = frozenset((back, Beside.INSTEAD_OF_IT, Status.CONFIRMED) for back in HOLDS_ITS_TIME) | {
    (Status.CONFIRMED, Beside.TO_BE_REPLACED, Status.CONFIRMED)
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


def can_be_undone(move: Move, *, by: Party, made_by: Party, made_at: datetime, now: datetime) -> bool:
    """Whether this party can take back the last thing that happened: its own doing, for ten minutes."""
    return move in _CAN_BE_UNDONE and by is made_by and now - made_at < UNDONE_WITHIN


def is_settled_beside(back: Status, other: Status, *, beside: Beside) -> bool:
    """Whether the client has the other instead, so that this cannot go back to how it stood."""
    return (back, beside, other) in _SETTLED_BESIDE


def answered_by(promised: datetime, *, starts_at: datetime) -> datetime:
    """By when a request is answered: as the practice promised, or two hours before the time itself.

    The sooner of the two counts. What can be asked for leaves somebody of the practice an hour to answer by
    then, in the hours in which they read (`notice_to_answer`).
    """
    return min(promised, starts_at - LAST_ANSWER_BEFORE)


def notice_to_answer(now: datetime, *, could_answer_by: datetime) -> timedelta:
    """How long before a time it can last be asked for, if the practice can answer by then at the soonest.

    What nobody could answer two hours before it would only end with an apology.
    """
    return max(LEAST_NOTICE, could_answer_by - now + LAST_ANSWER_BEFORE)


def chosen_by(promised: datetime, *, now: datetime, starts_at: datetime) -> datetime:
    """By when a client chooses among the times that they are offered, the first of which is `starts_at`.

    As long as the practice would give itself for an answer, and two days at least; but no later than two
    hours before the first of the times, so that whatever is still offered can still be taken.
    """
    return answered_by(max(promised, now + _CHOSEN_WITHIN), starts_at=starts_at)


def changed_until(starts_at: datetime, *, minutes: int, settled_at: datetime | None) -> datetime:
    """Until when a client moves or cancels a confirmed time by themselves.

    So many minutes before it, as its kind says. Who heard of it later than that, or shortly before, has three
    hours from then all the same, as long as two hours are left before it: nobody is held to what they learn
    too late to change.
    """
    by_its_kind = starts_at - timedelta(minutes=minutes)
    if settled_at is None:
        return by_its_kind
    return max(by_its_kind, answered_by(settled_at + _CHANGED_AFTER_ALL_WITHIN, starts_at=starts_at))


def answered_anew_by(answer_by: datetime, *, now: datetime) -> datetime:
    """By when an answer is due once more, after one was taken back: as it was, or half an hour from now."""
    return max(answer_by, now + _ANSWERED_ANEW_WITHIN)


def offer_answered_by(now: datetime, *, starts_at: datetime) -> datetime | None:
    """By when a client answers what the portal offers by itself, an earlier time than their own.

    Within a day, and two hours before that time. None if this leaves less than three hours.
    """
    latest = answered_by(now + OFFERED_FOR, starts_at=starts_at)
    return latest if latest - now >= _LEAST_TO_ANSWER else None


def kept_until(*, asked_at: datetime, last_seen_at: datetime, asked_until: datetime) -> datetime:
    """How long a time is kept for somebody who has not sent their answers yet.

    `asked_until` is when it can last be asked for, since the practice still has to answer.
    """
    return min(last_seen_at + KEPT_AFTER_ACTIVITY, asked_at + KEPT_AT_MOST, asked_until)


def reminded_at(answer_by: datetime, *, asked_at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the therapist is reminded that an answer is due, by the clock of their zone; None for never."""
    moment = (answer_by - _REMINDED_BEFORE).astimezone(zone)
    if moment.time() < _MORNING:
        moment = datetime.combine(moment.date() - timedelta(days=1), _AFTERNOON, zone)
    return moment if moment - asked_at >= _LEAST_SINCE_ASKED else None
