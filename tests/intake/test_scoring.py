"""A score is honest: a total only where the rule allows one, and always with its rule (W6)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.path import Path
from portal.intake.questionnaire import Questionnaire
from portal.intake.replies import AnswerState, Reply
from portal.intake.scoring import scores_of
from portal.intake.sent_copy import frozen, thawed
from tests.intake.definitions import answered, item, when

OPTIONS = [
    {"code": "no", "label": "No", "weight": 0},
    {"code": "some", "label": "Some", "weight": 1.5},
    {"code": "much", "label": "Much", "weight": 3},
    {"code": "unsure", "label": "I am not sure"},
]


def _definition(*, kind: str = "one-of", last: dict | None = None, **scale) -> Questionnaire:
    asked = [item(name, kind, options=OPTIONS) for name in ("a", "b")]
    asked += [item("c", kind, options=OPTIONS) | (last or {})]
    plain = {"name": "sum", "title": "Evenings", "questions": ["a", "b", "c"]} | scale
    return Questionnaire.model_validate(
        {"name": "test", "title": "Test", "minutes": 5, "items": asked, "scales": [plain]}
    )


def _line(definition, replies) -> str:
    (score,) = scores_of(Path(definition, replies))
    return score.line


def test_all_answers_make_a_total():
    assert _line(_definition(), answered(a="no", b="some", c="much")) == "4.5"


@pytest.mark.parametrize(
    "replies",
    [
        answered(a="no", b="some"),
        answered(a="no", b="some") | {"c": Reply(AnswerState.DECLINED, "much")},
        answered(a="no", b="some") | {"c": Reply(AnswerState.SKIPPED, "much")},
        answered(a="no", b="some", c="unsure"),
    ],
)
def test_without_one_answer_there_is_no_total(replies):
    assert _line(_definition(), replies) == "2 of 3 answered, no total"


def test_a_published_rule_may_let_the_mean_stand_for_the_rest():
    definition = _definition(missing="mean", at_least=2, published="After the handbook, page 4.")

    (score,) = scores_of(Path(definition, answered(a="some", c="much")))

    assert score.line == "6.75, from 2 of 3 answered"
    assert score.rule.endswith("the mean of those given stands for the rest. After the handbook, page 4.")
    assert _line(definition, answered(a="much")) == "1 of 3 answered, no total"


def test_several_choices_count_together():
    replies = answered(a=("some", "much"), b=("no",), c=("no",))

    assert _line(_definition(kind="several-of"), replies) == "4.5"


def test_a_hidden_answer_counts_nothing_and_counts_again_once_it_returns():
    definition = _definition(last={"enable_when": [when("a", "=", "much")]})

    assert _line(definition, answered(a="no", b="no", c="much")) == "2 of 3 answered, no total"
    assert _line(definition, answered(a="much", b="no", c="much")) == "6"


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["no", "some", "much", "unsure"])))
def test_a_total_is_the_sum_of_all_weights_or_nothing(said):
    weights = {"no": 0, "some": 1.5, "much": 3}
    (score,) = scores_of(Path(_definition(), answered(**said)))

    counted = [weights[code] for code in said.values() if code in weights]
    assert score.answered == len(counted)
    assert score.total == (sum(counted) if len(counted) == 3 else None)


def test_the_copy_holds_the_score_for_the_therapist_and_none_of_its_rows_does():
    path = Path(_definition(), answered(a="no", b="some", c="much"))

    copy = frozen(path, name="test", number=1, definition_hash="ab", sent_at=datetime(2027, 3, 1, tzinfo=UTC))

    assert thawed(copy).scores == scores_of(path)
    assert "4.5" not in str(thawed(copy).rows)


def test_a_copy_of_the_first_shape_is_still_read():
    row = {"link_id": "a", "text": "About a?", "state": "answered", "shown": ["Heron"]}
    copy = json.dumps({"shape": 1, "sent_at": "2027-03-01T00:00:00+00:00", "rows": [row]})

    assert [each.shown for each in thawed(copy).rows] == [["Heron"]]
    assert thawed(copy).scores == []


BANDS = [
    {"low": 0, "high": 3, "words": "quiet"},
    {"low": 4, "high": 6, "words": "loud"},
    {"low": 7, "high": 9, "words": "very loud"},
]


@pytest.mark.parametrize(
    ("replies", "band"),
    [
        (answered(a="no", b="no", c="no"), "quiet"),
        (answered(a="no", b="no", c="much"), "quiet"),
        (answered(a="much", b="much", c="no"), "loud"),
        (answered(a="much", b="much", c="much"), "very loud"),
        (answered(a="some", b="some", c="some"), "loud"),
        (answered(a="much", b="much"), None),
    ],
)
def test_a_total_has_the_words_of_the_band_that_holds_it(replies, band):
    (score,) = scores_of(Path(_definition(bands=BANDS), replies))

    assert score.band == band


def test_a_total_that_a_mean_has_put_between_two_bands_has_both_their_words():
    definition = _definition(missing="mean", at_least=2, bands=BANDS)

    (score,) = scores_of(Path(definition, answered(a="some", b="much")))

    assert (score.total, score.band) == (6.75, "between “loud” and “very loud”")


def test_no_bands_no_words_and_copies_from_before_there_were_any_are_read():
    path = Path(_definition(), answered(a="no", b="some", c="much"))
    copy = json.loads(
        frozen(path, name="test", number=1, definition_hash="ab", sent_at=datetime(2027, 3, 1, tzinfo=UTC))
    )
    del copy["scores"][0]["band"]

    (score,) = thawed(json.dumps(copy)).scores

    assert (score.total, score.band) == (4.5, None)
