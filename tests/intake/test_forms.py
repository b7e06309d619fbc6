"""What the pages of the questions send is read as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField

from portal.intake.forms import AnswerForm, SectionForm
from portal.intake.replies import Way

pytestmark = pytest.mark.usefixtures("inside_app")
BESIDE = ("depth", "way", "based_on", "page", "turn", "asked_on", "keep", "clash")


class Fields(Form):
    """The same as fields of the library."""

    depth = way = based_on = page = turn = asked_on = keep = clash = StringField(
        filters=[lambda text: text and text.strip()]
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_sent_beside_an_answer_is_what_fields_would_read():
    posted = some.lists(some.tuples(some.sampled_from(BESIDE), some.text(max_size=8)), max_size=12)

    @given(posted, some.sampled_from(["", "sleep."]))
    def holds(pairs, prefix):
        sent = MultiDict((f"{prefix}{name}", text) for name, text in pairs)
        ours, theirs = AnswerForm(sent, prefix=prefix), Fields(sent, prefix=prefix)
        for name in BESIDE:
            assert getattr(ours, name) == (theirs[name].name, theirs[name].data or "")

    holds()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_several_questions_each_has_its_own():
    sent = MultiDict({"sleep.answer": "Badly", "sleep.way": "give", "depth": "short", "way": "later"})
    form = AnswerForm(sent, prefix="sleep.")

    assert (form.answer.data, form.posted.way, form.more) == (["Badly"], Way("give"), None)
    assert SectionForm(sent).more is False
    assert AnswerForm(None).posted.way is Way.CONTINUE
