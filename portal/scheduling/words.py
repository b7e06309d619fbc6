"""The words that go with a consultation: where the vault keeps them, and reading them."""

from __future__ import annotations

import contextlib

from sqlalchemy.orm import Session

from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import shown, unseal


def words_of(db: Session, consultation: Consultation) -> str | None:
    """What the client said with the request. The consultation comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_words, words_row(consultation.reference))


def reply_of(db: Session, consultation: Consultation) -> str | None:
    """What the therapist said when declining; nothing, if they have taken that back.

    The consultation comes with its client and data key.
    """
    waits_again = consultation.status is Status.REQUESTED
    sealed = None if waits_again else consultation.sealed_reply
    return _unsealed(db, consultation, sealed, reply_row(consultation.reference))


def reply_taken_back(db: Session, consultation: Consultation) -> str | None:
    """What the therapist had said when declining, for them to go on with. It comes as for `reply_of`."""
    sealed = consultation.sealed_reply if consultation.status is Status.REQUESTED else None
    return _to_go_on_with(db, consultation, sealed, reply_row(consultation.reference))


def note_of(db: Session, consultation: Consultation) -> str | None:
    """What the client wrote when it was too late to change it, or when none of the times offered fitted.

    Nothing, if they have taken the latter back. It comes with its client and data key.
    """
    offered = consultation.status is Status.PROPOSED
    sealed = None if offered else consultation.sealed_note
    return _unsealed(db, consultation, sealed, note_row(consultation.reference))


def refusal_taken_back(db: Session, consultation: Consultation) -> str | None:
    """What the client had said when none of the times fitted, for them to go on with; as for `note_of`."""
    sealed = consultation.sealed_note if consultation.status is Status.PROPOSED else None
    return _to_go_on_with(db, consultation, sealed, note_row(consultation.reference))


def note_to_add_to(db: Session, consultation: Consultation) -> str | None:
    """The same to be written again, with more beneath it. Raises keyring.CannotBeOpened."""
    sealed, row = consultation.sealed_note, note_row(consultation.reference)
    return None if sealed is None else unseal(db, consultation.client.data_key, sealed, of=row)


def offer_of(db: Session, consultation: Consultation) -> str | None:
    """What the therapist said with other times. The consultation comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_offer, offer_row(consultation.reference))


def words_row(reference: str) -> str:
    """What the vault calls the place where the client's words lie."""
    return f"consultation.words:{reference}"


def reply_row(reference: str) -> str:
    """What the vault calls the place where the therapist's words lie."""
    return f"consultation.reply:{reference}"


def offer_row(reference: str) -> str:
    """What the vault calls the place where the therapist's words with a proposal lie."""
    return f"consultation.offer:{reference}"


def note_row(reference: str) -> str:
    """What the vault calls the place where the client's later words lie."""
    return f"consultation.note:{reference}"


def _to_go_on_with(db: Session, consultation: Consultation, sealed: bytes | None, row: str) -> str | None:
    """Nothing where the key is not here: a calm line in its place would be sent as if it were meant."""
    with contextlib.suppress(CannotBeOpened):
        return None if sealed is None else unseal(db, consultation.client.data_key, sealed, of=row)
    return None


def _unsealed(db: Session, consultation: Consultation, sealed: bytes | None, row: str) -> str | None:
    return None if sealed is None else shown(db, consultation.client.data_key, sealed, of=row)
