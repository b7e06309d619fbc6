"""The reading age is the published formula, or nothing where it would say nothing."""

from __future__ import annotations

import pytest

from portal.making.reading_age import reading_age


def test_it_is_the_grade_of_flesch_and_kincaid_and_five_years():
    # 20 words in 2 sentences, 20 syllables: 0.39 * 10 + 11.8 * 1 - 15.59 = 0.11.
    text = "The cat sat on the mat in the sun. It was a big cat, and it slept all day long."

    assert reading_age(text) == pytest.approx(5.11)


def test_long_words_and_long_sentences_make_it_older():
    easy = "I would like to know how you are. Tell me what you like to do in the day and in the night."
    hard = (
        "I would appreciate information concerning the psychological consequences of the separation"
        " that you have experienced."
    )

    assert reading_age(easy) < 8
    assert reading_age(hard) > 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Psychopharmacological antecedents?",
        "Wie oft fühlten Sie sich im Verlauf der letzten zwei Wochen durch die folgenden Beschwerden"
        " beeinträchtigt und belastet?",
    ],
)
def test_of_a_few_words_and_of_another_language_it_says_nothing(text):
    assert reading_age(text) is None
