"""A therapist's own kind words, kept to decline or to offer other times with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.errors import Refused
from portal.scheduling.models import Phrase
from portal.scheduling.queries import phrase_called, phrases_of

MOST_PHRASES = 30


class TooManyPhrases(Refused):
    """So many that nobody would find the one they look for."""


def add_phrase(db: Session, therapist: Therapist, words: str) -> None:
    """Keep these words; the same ones are kept once. Raises TooManyPhrases."""
    kept = phrases_of(db, therapist)
    if words in {phrase.words for phrase in kept}:
        return
    if len(kept) >= MOST_PHRASES:
        raise TooManyPhrases
    db.add(Phrase(therapist_id=therapist.id, words=words))


def remove_phrase(db: Session, therapist: Therapist, reference: str) -> None:
    """Keep these words no longer; where they were sent, they stay. Raises NotFound, for another's too."""
    db.delete(phrase_called(db, therapist, reference))
