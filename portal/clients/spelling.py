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
_BETWEEN, _INSIDE = re.compile(r"[\s,;]+"), re.compile(r"[-'._/()+]+")
_ONE_SIGN = str.maketrans({"‐": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "`": "'", "´": "'"})


def beginnings(name: str, address: str) -> frozenset[str]:
    """All by which somebody is found: the beginnings of each part of their name, and of their address."""
    chunks = _chunks_of(name)
    parts = {*chunks, *(part for chunk in chunks for part in _INSIDE.split(chunk)), address}
    return frozenset(start for part in parts for each in spellings(part) for start in _beginnings_of(each))


def asked_for(typed: str) -> list[frozenset[str]]:
    """What somebody typed to find a person: for each word the beginnings of which one has to be theirs.

    The longest word comes first, since it tells people apart best.
    """
    sought = [frozenset(each[:LONGEST_BEGINNING] for each in spellings(word)) for word in _chunks_of(typed)]
    return sorted(filter(None, sought), key=lambda word: -max(map(len, word)))[:_MOST_WORDS]


def _chunks_of(text: str) -> list[str]:
    """What stands between blanks and commas: Anna-Lena O'Neill are two, and each has two parts inside."""
    return [bare for chunk in _BETWEEN.split(text.translate(_ONE_SIGN)) if (bare := chunk.strip("-'.()/_"))]


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
