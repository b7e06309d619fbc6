"""At what age a text is easily read. Pure."""

from __future__ import annotations

import re
from functools import cache

import pyphen

# Fewer words than these say nothing: one long word would make a schoolbook of them.
FEWEST_WORDS = 15
_WORD = re.compile(r"[A-Za-z]+(?:[’'][A-Za-z]+)?")
_SENTENCE = re.compile(r"[.!?…]+(?:\s|$)|\n+")
# A text without these is hardly English, and the formula was made for English.
_LITTLE_WORDS = frozenset(
    ["a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "for", "from", "have", "how", "i"]
    + ["if", "in", "is", "it", "me", "my", "no", "not", "of", "on", "or", "so", "that", "the", "this", "to"]
    + ["was", "what", "when", "which", "who", "will", "with", "would", "you", "your"]
)
_SHARE_OF_LITTLE_WORDS = 0.15
_FIRST_GRADE_AGE = 5


def reading_age(text: str) -> float | None:
    """The age in years at which a school child reads it easily; None where that cannot be said.

    The Flesch–Kincaid grade, 0.39 × words per sentence + 11.8 × syllables per word − 15.59 (Kincaid,
    Fishburne, Rogers and Chissom 1975, *Derivation of New Readability Formulas for Navy Enlisted Personnel*,
    Research Branch Report 8-75), and five years, the age before the first grade. Syllables are counted by
    where a word can be divided, which misses one here and there: the age is rather too low than too high.
    """
    words = _WORD.findall(text)
    if len(words) < FEWEST_WORDS or not _is_english(words):
        return None
    sentences = sum(bool(_WORD.search(each)) for each in _SENTENCE.split(text))
    syllables = sum(map(_syllables, map(str.lower, words)))
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return max(0.0, grade) + _FIRST_GRADE_AGE


def _is_english(words: list[str]) -> bool:
    little = sum(word.lower() in _LITTLE_WORDS for word in words)
    return little >= _SHARE_OF_LITTLE_WORDS * len(words)


@cache
def _hyphenation() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US")


def _syllables(word: str) -> int:
    return len(_hyphenation().positions(word)) + 1
