"""How names and addresses are found by their beginnings, however they are written. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# What is typed beyond so many letters tells nobody apart any more.
LONGEST_BEGINNING = 12
_SHORTEST = 2
# Two words say whom; more of them are a typing mistake.
_MOST_WORDS = 4
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe"})
# Letters that Unicode does not take apart.
_WHOLE = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"})
_BETWEEN_WORDS = re.compile(r"[\s,;._\-–—'’`/()+]+")


def beginnings(name: str, address: str) -> frozenset[str]:
    """All by which somebody is found: the beginnings of each part of their name, and of their address."""
    parts = [spelt for part in words_of(name) for spelt in spellings(part)]
    return frozenset(start for each in [*parts, *spellings(address)] for start in _beginnings_of(each))


def asked_for(typed: str) -> list[frozenset[str]]:
    """What somebody typed to find a person: for each word the beginnings of which one has to be theirs.

    An address, or its beginning up to the sign, is one word. Nothing that is too short to tell anybody apart.
    """
    words = [typed.strip()] if "@" in typed else words_of(typed)
    sought = [frozenset(each[:LONGEST_BEGINNING] for each in spellings(word)) for word in words]
    return sought[:_MOST_WORDS]


def words_of(text: str) -> list[str]:
    """The parts of a name: Anna-Lena O'Neill has four."""
    return [word for word in _BETWEEN_WORDS.split(text) if word]


def spellings(word: str) -> frozenset[str]:
    """The same word without marks, and as it is written without them: Müller is muller and mueller."""
    small = unicodedata.normalize("NFC", word.casefold())
    return frozenset(each for each in (_bare(small), _bare(small.translate(_GERMAN))) if each)


def _bare(small: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", small.translate(_WHOLE))
    return "".join(letter for letter in taken_apart if not unicodedata.combining(letter)).casefold()


def _beginnings_of(word: str) -> Iterable[str]:
    """A word of one letter is found by it; any other by two letters or more."""
    shortest = min(_SHORTEST, len(word))
    return (word[:length] for length in range(shortest, min(len(word), LONGEST_BEGINNING) + 1))
