"""A sheet is drawn once for everybody who is shown the same, and with each one's own choice."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from portal.diary.clocks import minute_of
from portal.scheduling.drawn import drawn
from portal.scheduling.rendering import sheet_of

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TEN, ELEVEN = "2027-03-02T10:00Z", "2027-03-02T11:00Z"


def _sheet(*moments):
    starts = [minute_of(datetime.fromisoformat(moment)) for moment in moments]
    return sheet_of(starts, zone=LONDON, therapist_zone=LONDON, now=NOW)


def test_ones_choice_is_nobody_elses(app):
    sheet, templates = _sheet(TEN, ELEVEN), app.jinja_env
    mine, yours, nobodys = (drawn(templates, sheet, picked) for picked in (TEN, ELEVEN, None))

    assert f'value="{TEN}" checked' in mine.days
    assert f'value="{ELEVEN}" checked' not in mine.days
    assert f'value="{ELEVEN}" checked' in yours.days
    assert "checked" not in nobodys.days
    assert mine.month == yours.month
    assert drawn(templates, _sheet(TEN, ELEVEN), TEN) is mine


def test_a_choice_that_the_sheet_does_not_show_makes_no_difference(app):
    sheet = _sheet(TEN)

    assert drawn(app.jinja_env, sheet, ELEVEN) is drawn(app.jinja_env, sheet, None)
    assert drawn(app.jinja_env, sheet, '"><script>').days.count("<script") == 0


def test_without_any_time_nothing_is_drawn(app):
    assert [part.strip() for part in drawn(app.jinja_env, _sheet(), None)] == ["", ""]
