"""The words that go with a consultation: where the vault keeps them, and reading them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.scheduling.models import Consultation
from portal.vault.words import shown, unseal


def words_of(db: Session, consultation: Consultation) -> str | None:
    """What the client said with the request. The consultation comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_words, words_row(consultation.reference))


def reply_of(db: Session, consultation: Consultation) -> str | None:
    """What the therapist said when declining. The consultation comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_reply, reply_row(consultation.reference))


def note_of(db: Session, consultation: Consultation) -> str | None:
    """What the client wrote when it was too late to change it. It comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_note, note_row(consultation.reference))


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


def _unsealed(db: Session, consultation: Consultation, sealed: bytes | None, row: str) -> str | None:
    return None if sealed is None else shown(db, consultation.client.data_key, sealed, of=row)
