"""The time that questions take is counted from what there is to read and to do."""

from __future__ import annotations

import pytest

from portal.intake.minutes import minutes_of, seconds_of
from portal.intake.services import shipped_questionnaire
from tests.intake.definitions import item, questionnaire, when


def test_words_are_read_and_each_kind_is_done():
    # 9 words at 180 a minute are 3 seconds; a choice takes 6, and a page 2.
    asked = questionnaire(item("a", "yes-no", text="one two three", why="four five six seven eight nine"))

    assert seconds_of(asked) == pytest.approx(3 + 5 + 2)


def test_what_only_some_are_asked_counts_half_and_what_nobody_sees_nothing():
    yes = [when("a", "=", True)]
    alone = seconds_of(questionnaire(item("a", "yes-no")))
    both = seconds_of(questionnaire(item("a", "yes-no"), item("b", "yes-no")))

    for more, share in (({"enable_when": yes}, 0.5), ({"hidden": True}, 0), ({"more": True}, 0)):
        made = questionnaire(item("a", "yes-no"), item("b", "yes-no", **more))
        assert seconds_of(made) == pytest.approx(alone + (both - alone) * share)
    held = questionnaire(
        item("a", "yes-no"), item("s", "section", text="", enable_when=yes), item("b", "yes-no", within="s")
    )
    assert seconds_of(held) == pytest.approx(alone + (both - alone) * 0.5)


def test_minutes_are_whole_and_rounded_up():
    assert minutes_of(questionnaire(item("a", "yes-no"))) == 1
    assert minutes_of(questionnaire(item("a", "long-text"))) == 2
    assert minutes_of(shipped_questionnaire()) == 7
