"""How a text stands with the practice, and how an agreement stands with a client. Pure.

An agreement's states are those of FHIR R4's Consent.status where they fit: a published text to which a
client has said nothing is *proposed*; what they have agreed to is *active*, until they take it back:
*inactive*; what they do not agree to is *rejected*. A text is a *draft* until the practice publishes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from portal.errors import Refused


class TextStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    # By a newer version.
    REPLACED = "replaced"
    RETIRED = "retired"


class TextMove(StrEnum):
    PUBLISH = "publish"
    REPLACE = "replace"
    RETIRE = "retire"


class AgreementStatus(StrEnum):
    """`proposed` is never stored: it is what is so as long as nothing was said."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    INACTIVE = "inactive"
    REJECTED = "rejected"


class AgreementMove(StrEnum):
    AGREE = "agree"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class NotPossible(Refused):
    """This move is not open in this state."""


_TEXTS: Mapping[tuple[TextStatus, TextMove], TextStatus] = {
    (TextStatus.DRAFT, TextMove.PUBLISH): TextStatus.PUBLISHED,
    (TextStatus.PUBLISHED, TextMove.REPLACE): TextStatus.REPLACED,
    (TextStatus.PUBLISHED, TextMove.RETIRE): TextStatus.RETIRED,
}
# Nothing is for good: who said no may agree, who took it back may agree again, or say no.
_AGREEMENTS: Mapping[tuple[AgreementStatus, AgreementMove], AgreementStatus] = {
    (AgreementStatus.PROPOSED, AgreementMove.AGREE): AgreementStatus.ACTIVE,
    (AgreementStatus.PROPOSED, AgreementMove.REJECT): AgreementStatus.REJECTED,
    (AgreementStatus.REJECTED, AgreementMove.AGREE): AgreementStatus.ACTIVE,
    (AgreementStatus.INACTIVE, AgreementMove.AGREE): AgreementStatus.ACTIVE,
    (AgreementStatus.INACTIVE, AgreementMove.REJECT): AgreementStatus.REJECTED,
    (AgreementStatus.ACTIVE, AgreementMove.WITHDRAW): AgreementStatus.INACTIVE,
}


def text_after(status: TextStatus, move: TextMove) -> TextStatus:
    """How a text stands after the move. Raises NotPossible."""
    try:
        return _TEXTS[status, move]
    except KeyError:
        raise NotPossible(f"a text that is {status} cannot {move}") from None


def agreement_after(status: AgreementStatus, move: AgreementMove) -> AgreementStatus:
    """How an agreement stands after the move. Raises NotPossible."""
    try:
        return _AGREEMENTS[status, move]
    except KeyError:
        raise NotPossible(f"an agreement that is {status} cannot {move}") from None


def moves_open(status: AgreementStatus) -> frozenset[AgreementMove]:
    """What a page may offer its client."""
    return frozenset(move for (when, move) in _AGREEMENTS if when is status)
