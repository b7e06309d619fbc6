"""What may happen to a lamp, and by whose hand."""

from __future__ import annotations

from itertools import product

import pytest

from portal.intake.lamp_lifecycle import (
    LampMove,
    LampMoveNotAllowed,
    LampParty,
    LampStatus,
    moves_open_to,
    outcome,
)

LIT, SEEN, ACTED_ON, CLOSED = LampStatus
CLIENT, THERAPIST, PORTAL = LampParty
LIGHT, CHANGE, TELL, SEE, NOTE, CLOSE, REOPEN = LampMove

# Everything that may happen. What is not here may not.
ALLOWED = {
    (LIT, CLIENT, LIGHT): LIT,
    (SEEN, CLIENT, LIGHT): LIT,
    (ACTED_ON, CLIENT, LIGHT): LIT,
    (CLOSED, CLIENT, LIGHT): LIT,
    (LIT, CLIENT, CHANGE): LIT,
    (SEEN, CLIENT, CHANGE): SEEN,
    (ACTED_ON, CLIENT, CHANGE): ACTED_ON,
    (CLOSED, CLIENT, CHANGE): CLOSED,
    (LIT, PORTAL, TELL): LIT,
    (LIT, THERAPIST, SEE): SEEN,
    (LIT, THERAPIST, NOTE): ACTED_ON,
    (SEEN, THERAPIST, NOTE): ACTED_ON,
    (ACTED_ON, THERAPIST, NOTE): ACTED_ON,
    (CLOSED, THERAPIST, NOTE): CLOSED,
    (SEEN, THERAPIST, CLOSE): CLOSED,
    (ACTED_ON, THERAPIST, CLOSE): CLOSED,
    (CLOSED, THERAPIST, REOPEN): SEEN,
}


@pytest.mark.parametrize(("status", "party", "move"), [*product(LampStatus, LampParty, LampMove)])
def test_what_may_happen_and_nothing_else(status, party, move):
    if (status, party, move) in ALLOWED:
        assert outcome(status, party, move) is ALLOWED[status, party, move]
    else:
        with pytest.raises(LampMoveNotAllowed):
            outcome(status, party, move)


def test_nothing_but_a_look_of_somebody_here_ends_the_telling():
    ends = {(party, move) for (when, party, move), then in ALLOWED.items() if when is LIT and then is not LIT}

    assert ends == {(THERAPIST, SEE), (THERAPIST, NOTE)}


def test_a_page_offers_what_may_be_done():
    assert moves_open_to(THERAPIST, LIT) == {SEE, NOTE}
    assert moves_open_to(THERAPIST, SEEN) == {NOTE, CLOSE}
    assert moves_open_to(THERAPIST, ACTED_ON) == {NOTE, CLOSE}
    assert moves_open_to(THERAPIST, CLOSED) == {NOTE, REOPEN}
