"""Which passwords will do, and how they are kept."""

from __future__ import annotations

import time
import unicodedata

import pytest

from portal.accounts.passwords import Cost, Problem, hash_password, is_outdated, is_right, problem_with

CHEAP = Cost(passes=1, memory_kib=8)
ADDRESS = "sam.reed@foyer.example"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", Problem.TOO_SHORT),
        ("otter gravel", None),
        ("otter grave", Problem.TOO_SHORT),
        ("lantern otter gravel " * 6, None),
        ("lantern otter gravel " * 6 + "xx", None),
        ("lantern otter gravel " * 6 + "xxx", Problem.TOO_LONG),
        (" lantern otter ", None),
        ("            ", Problem.EASY_TO_GUESS),
        ("aaaaaaaaaaaaaaaaaaaa", Problem.EASY_TO_GUESS),
        ("123456789012345", Problem.EASY_TO_GUESS),
        ("passwordpassword", Problem.EASY_TO_GUESS),
        ("1qaz2wsx3edc", Problem.COMMON),
        ("1QAZ2WSX3EDC", Problem.COMMON),
        ("correcthorsebatterystaple", Problem.LEAKED),
        ("CorrectHorseBatteryStaple", Problem.LEAKED),
        ("correcthorsebatteryotter", None),
        ("!Tina.Dyn20122021!!123.", Problem.LEAKED),
        ("!RBGlmBRjLAC", Problem.LEAKED),
        (ADDRESS, Problem.ONLY_KNOWN_WORDS),
        ("SAM.REED@FOYER.EXAMPLE", Problem.ONLY_KNOWN_WORDS),
        ("sam.reed@foyer.example1!", Problem.ONLY_KNOWN_WORDS),
        ("sam.reedsam.reed", Problem.ONLY_KNOWN_WORDS),
        ("foyer example lamp orbit", None),
        ("willow street practice", Problem.ONLY_KNOWN_WORDS),
        ("Willow Street 2027", Problem.ONLY_KNOWN_WORDS),
        ("willow otter gravel", None),
        ("日本語のながいあいことば", None),
        ("пишу медленно у окна", None),
        ("a-quiet-place-to-begin", None),
        ("<script>alert(1)</script>", None),
    ],
)
def test_a_password_is_judged_by_how_hard_it_is_to_guess(password, problem):
    assert problem_with(password, address=ADDRESS, words=["Willow", "Street", "Practice"]) is problem


def test_length_is_counted_in_characters_as_they_look():
    """An é that the keyboard sends as two characters counts as one."""
    eleven = unicodedata.normalize("NFD", "éèêëàâîïôûç")

    assert len(eleven) == 22
    assert problem_with(eleven, address=ADDRESS) is Problem.TOO_SHORT


def test_judging_a_hostile_password_takes_no_seconds():
    """Full of symbols that can be read as letters in hundreds of ways."""
    begun = time.thread_time()

    problem_with("4@8({[<6369&#!1|70$5+2%" * 5, address=ADDRESS)

    assert time.thread_time() - begun < 1


def test_a_letter_with_half_a_million_accents_takes_no_minutes():
    """Putting them in order would take the square of their number, and a form has room for so many."""
    hostile = "a" + "\u0301\u0316" * 250_000
    begun = time.thread_time()

    assert problem_with(hostile, address=ADDRESS) is Problem.TOO_LONG
    assert not is_right(hostile, hash_password("lantern otter gravel", cost=CHEAP), cost=CHEAP)
    assert time.thread_time() - begun < 5


def test_the_longest_password_is_right_however_its_letters_are_spelled():
    """A keyboard may send each of these letters as four characters."""
    longest = "\N{GREEK SMALL LETTER ALPHA WITH PSILI AND VARIA AND YPOGEGRAMMENI}" * 128
    spelled = unicodedata.normalize("NFD", longest)

    assert len(spelled) == 512
    assert problem_with(spelled + "x", address=ADDRESS) is Problem.TOO_LONG
    assert is_right(spelled, hash_password(longest, cost=CHEAP), cost=CHEAP)
    assert not is_right(spelled + "x", hash_password(longest, cost=CHEAP), cost=CHEAP)


def test_a_hash_says_how_it_was_made_and_is_never_the_same_twice():
    first, second = (hash_password("lantern otter gravel", cost=CHEAP) for _ in range(2))

    assert first.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert first != second


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("  Lantern ötter gravel ", True),
        (unicodedata.normalize("NFD", "  Lantern ötter gravel "), True),
        ("Lantern ötter gravel", False),
        ("  lantern ötter gravel ", False),
        ("", False),
    ],
)
def test_a_password_is_right_as_it_was_typed_blanks_and_all(typed, right):
    password_hash = hash_password("  Lantern ötter gravel ", cost=CHEAP)

    assert is_right(typed, password_hash, cost=CHEAP) is right


def test_a_longer_password_is_not_right_by_its_beginning():
    longest = "lantern otter gravel " * 6 + "xx"
    password_hash = hash_password(longest, cost=CHEAP)

    assert is_right(longest, password_hash, cost=CHEAP)
    assert not is_right(longest + "x", password_hash, cost=CHEAP)


@pytest.mark.parametrize("password_hash", [None, "unusable", ""])
def test_nothing_is_right_where_there_is_no_password(password_hash):
    assert not is_right("lantern otter gravel", password_hash, cost=CHEAP)


def test_checking_for_nobody_takes_as_long_as_for_somebody():
    """A ratio of what the processor does, since other work on the machine says nothing about it."""
    slow = Cost(passes=3, memory_kib=8192)
    password_hash = hash_password("lantern otter gravel", cost=slow)

    def least(known: str | None) -> float:
        taken = []
        for _ in range(5):
            begun = time.thread_time()
            is_right("another one entirely", known, cost=slow)
            taken.append(time.thread_time() - begun)
        return min(taken)

    assert 0.5 < least(None) / least(password_hash) < 2


def test_a_hash_of_another_cost_is_outdated():
    password_hash = hash_password("lantern otter gravel", cost=CHEAP)

    assert not is_outdated(password_hash, cost=CHEAP)
    assert is_outdated(password_hash, cost=Cost(passes=2, memory_kib=8))
    assert is_right("lantern otter gravel", password_hash, cost=Cost(passes=2, memory_kib=8))
