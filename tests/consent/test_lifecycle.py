"""How texts and agreements stand, and what may follow."""

from __future__ import annotations

from itertools import product

import pytest

from portal.consent.lifecycle import (
    AgreementMove,
    AgreementStatus,
    NotPossible,
    TextMove,
    TextStatus,
    agreement_after,
    moves_open,
    text_after,
)

PROPOSED, ACTIVE, INACTIVE, REJECTED = AgreementStatus
AGREE, REJECT, WITHDRAW = AgreementMove

TEXTS = {
    (TextStatus.DRAFT, TextMove.PUBLISH): TextStatus.PUBLISHED,
    (TextStatus.PUBLISHED, TextMove.REPLACE): TextStatus.REPLACED,
    (TextStatus.PUBLISHED, TextMove.RETIRE): TextStatus.RETIRED,
}
AGREEMENTS = {
    (PROPOSED, AGREE): ACTIVE,
    (PROPOSED, REJECT): REJECTED,
    (REJECTED, AGREE): ACTIVE,
    (INACTIVE, AGREE): ACTIVE,
    (INACTIVE, REJECT): REJECTED,
    (ACTIVE, WITHDRAW): INACTIVE,
}


@pytest.mark.parametrize(("status", "move"), [*product(TextStatus, TextMove)])
def test_a_text_that_was_published_never_becomes_a_draft_again(status, move):
    if (status, move) in TEXTS:
        assert text_after(status, move) is TEXTS[status, move]
    else:
        with pytest.raises(NotPossible):
            text_after(status, move)


@pytest.mark.parametrize(("status", "move"), [*product(AgreementStatus, AgreementMove)])
def test_what_a_client_can_say_and_nothing_else(status, move):
    if (status, move) in AGREEMENTS:
        assert agreement_after(status, move) is AGREEMENTS[status, move]
    else:
        with pytest.raises(NotPossible):
            agreement_after(status, move)


@pytest.mark.parametrize("status", AgreementStatus)
def test_nothing_that_is_said_is_for_good(status):
    assert moves_open(status)


def test_what_is_agreed_to_can_only_be_taken_back():
    assert moves_open(ACTIVE) == {WITHDRAW}
