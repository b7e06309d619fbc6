"""Whether words can stand in a mail: that it stays of use, and tells nobody what it is about (P2)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from portal.mail.telling import addresses_elsewhere, names_greeted, telling_words
from portal.mail.wording import Piece, split

MOST_WORDS, MOST_IN_SUBJECT = 2000, 78


class Flaw(StrEnum):
    """What is wrong with words for a mail."""

    STRAY_BRACKET = "stray-bracket"
    UNKNOWN = "unknown"
    LOST = "lost"
    TELLS = "tells"
    NAMES = "names"
    ELSEWHERE = "elsewhere"
    TOO_LONG = "too-long"
    EMPTY = "empty"
    UNSEEN = "unseen"


class Found(NamedTuple):
    """A flaw, and what it is about: a word, a placeholder."""

    flaw: Flaw
    about: str = ""


def flaws_in(piece: Piece, text: str, *, is_subject: bool) -> Sequence[Found]:
    """What speaks against this text in place of the piece, the worst first."""
    prose = " ".join(words for words, _ in split(text))
    used = [name for _, name in split(text) if name is not None]
    needed = [name for name, each in piece.placeholders.items() if each.is_needed]
    return [
        *(Found(Flaw.STRAY_BRACKET) for _ in range(any(sign in prose for sign in "{}"))),
        *(Found(Flaw.UNKNOWN, name) for name in used if name not in piece.placeholders),
        *(Found(Flaw.LOST, name) for name in needed if name not in used),
        *(Found(Flaw.TELLS, word) for word in telling_words(prose)),
        *(Found(Flaw.NAMES, name) for name in names_greeted(text)),
        *(Found(Flaw.ELSEWHERE, address) for address in addresses_elsewhere(prose)),
        *_of_its_shape(text, prose, is_subject),
    ]


def _of_its_shape(text: str, prose: str, is_subject: bool) -> Sequence[Found]:
    found = []
    if len(text) > (MOST_IN_SUBJECT if is_subject else MOST_WORDS):
        found.append(Found(Flaw.TOO_LONG, str(MOST_IN_SUBJECT if is_subject else MOST_WORDS)))
    if is_subject and not text.strip():
        found.append(Found(Flaw.EMPTY))
    if not (prose if is_subject else prose.replace("\n", "")).isprintable():
        found.append(Found(Flaw.UNSEEN))
    return found
