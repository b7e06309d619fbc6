"""What may happen to a lamp, by whose hand, and how it stands afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from portal.errors import Refused


class LampStatus(StrEnum):
    # Nobody of the practice has seen it.
    LIT = "lit"
    SEEN = "seen"
    # Somebody has noted what they did.
    ACTED_ON = "acted-on"
    CLOSED = "closed"


class LampMove(StrEnum):
    LIGHT = "light"
    # The answer was changed to one that would not have lit it.
    CHANGE = "change"
    TELL = "tell"
    SEE = "see"
    NOTE = "note"
    CLOSE = "close"
    REOPEN = "reopen"


class LampParty(StrEnum):
    CLIENT = "client"
    THERAPIST = "therapist"
    PORTAL = "portal"


class LampMoveNotAllowed(Refused):
    """This party may not make this move on a lamp in this state."""


_OUTCOMES: Mapping[tuple[LampStatus, LampParty, LampMove], LampStatus] = {
    # Another answer lights it anew, whatever became of it before.
    **{(status, LampParty.CLIENT, LampMove.LIGHT): LampStatus.LIT for status in LampStatus},
    # An answer that is changed back puts no lamp out: somebody has to look.
    **{(status, LampParty.CLIENT, LampMove.CHANGE): status for status in LampStatus},
    (LampStatus.LIT, LampParty.PORTAL, LampMove.TELL): LampStatus.LIT,
    (LampStatus.LIT, LampParty.THERAPIST, LampMove.SEE): LampStatus.SEEN,
    # Who has done something about it has seen it.
    (LampStatus.LIT, LampParty.THERAPIST, LampMove.NOTE): LampStatus.ACTED_ON,
    (LampStatus.SEEN, LampParty.THERAPIST, LampMove.NOTE): LampStatus.ACTED_ON,
    (LampStatus.ACTED_ON, LampParty.THERAPIST, LampMove.NOTE): LampStatus.ACTED_ON,
    # What was written at another desk meanwhile is never refused.
    (LampStatus.CLOSED, LampParty.THERAPIST, LampMove.NOTE): LampStatus.CLOSED,
    (LampStatus.SEEN, LampParty.THERAPIST, LampMove.CLOSE): LampStatus.CLOSED,
    (LampStatus.ACTED_ON, LampParty.THERAPIST, LampMove.CLOSE): LampStatus.CLOSED,
    (LampStatus.CLOSED, LampParty.THERAPIST, LampMove.REOPEN): LampStatus.SEEN,
}


def outcome(status: LampStatus, party: LampParty, move: LampMove) -> LampStatus:
    """The state after the move. Raises LampMoveNotAllowed."""
    try:
        return _OUTCOMES[status, party, move]
    except KeyError:
        raise LampMoveNotAllowed(f"{party} may not {move} a lamp that is {status}") from None


def moves_open_to(party: LampParty, status: LampStatus) -> frozenset[LampMove]:
    """What a page may offer its reader."""
    return frozenset(move for (when, who, move) in _OUTCOMES if (when, who) == (status, party))
