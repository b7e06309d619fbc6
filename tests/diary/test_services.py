"""What becomes of a diary when its therapist says something new."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.database import transaction
from portal.diary.importing import Found
from portal.diary.kinds import FIRST_CONSULTATION, Manner, Stamina
from portal.diary.models import ConsultationKind, DaysDiffer
from portal.diary.naming import (
    GapLongerThanAllHours,
    NoHoursAsLong,
    TooManyKinds,
    add_kind,
    bring_back_kind,
    change_kind,
    move_kind_up,
    retire_kind,
)
from portal.diary.opening import (
    CountryUnknown,
    EndsBeforeItStarts,
    GapLongerThanHours,
    HoursOverlap,
    LongerThanADay,
    RegionUnknown,
    ShorterThanAConsultation,
)
from portal.diary.queries import days_called, kind_called, rules_of, version_of
from portal.diary.services import (
    MOST_DAYS,
    MOST_STRETCHES,
    DaysAreOver,
    DaysTooFar,
    HoursDoNotFit,
    LastBeforeFirst,
    NothingInIt,
    TooManyDays,
    TooManyHours,
    add_days,
    choose_holidays,
    remove_days,
    set_hours,
    set_limits,
    switch_holidays,
    take_over,
)
from portal.errors import NotFound, Overtaken
from tests import make
from tests.conftest import MONDAY

pytestmark = pytest.mark.usefixtures("inside_app")

TODAY = date(2027, 3, 1)
_MAY_OPEN = (set_hours, add_days, remove_days, choose_holidays, switch_holidays, change_kind, take_over)
TUESDAY = (2, 540, 720, 0)
FOLLOW_UP = FIRST_CONSULTATION.__class__(
    name="Follow-up",
    is_first=False,
    manner=Manner.VIDEO,
    length=50,
    gap_before=0,
    gap_after=10,
    notice=1440,
    horizon=60 * 1440,
    changes_until=2880,
    place="https://meet.example/ada",
)


def with_(kind, **changes):
    return kind.__class__(**(vars(kind) | changes))


def hours(db, ada, kind=None):
    return rules_of(db, ada.id).hours.get(kind.id if kind else None, [])


def days(db, ada):
    return [(first, last, list(stretches)) for first, last, stretches in rules_of(db, ada.id).differ]


@pytest.fixture
def say(ada):
    """Says something of Ada's diary, in a transaction of its own; what it opens, it opens on Monday."""

    def saying(service, *arguments, **named):
        if service in _MAY_OPEN:
            named = {"now": MONDAY} | named
        with transaction() as db:
            return service(db, ada, *arguments, **named)

    return saying


def test_the_hours_of_a_week_take_the_place_of_those_before(db, ada, say):
    make.working_hours(db, ada)

    say(set_hours, [(1, 540, 720, 0), (5, 1320, 1560, 2)])

    assert sorted(hours(db, ada)) == [(1, 540, 720, 0), (5, 1320, 1560, 2)]


def test_somebody_elses_hours_stay_as_they_are(db, ada, say):
    other = make.therapist(db, name="Bo Hart")
    make.working_hours(db, other)

    say(set_hours, [TUESDAY])
    say(add_days, first=TODAY, last=TODAY, stretches=[])

    assert hours(db, other) == [(2, 600, 780, 0)]
    assert days(db, other) == []


@pytest.mark.parametrize(
    ("unfit", "refusal", "places"),
    [
        ([(1, 720, 540, 0)], EndsBeforeItStarts, (0,)),
        ([(1, 540, 540, 0)], EndsBeforeItStarts, (0,)),
        ([(1, 540, 540 + 1441, 0)], LongerThanADay, (0,)),
        ([TUESDAY, (1, 540, 580, 0)], ShorterThanAConsultation, (1,)),
        ([(1, 540, 720, 0), (1, 700, 800, 0)], HoursOverlap, (0, 1)),
        ([(1, 540, 720, 1), (1, 700, 800, 0)], HoursOverlap, (0, 1)),
        ([(1, 1320, 1560, 0), (2, 60, 180, 0)], HoursOverlap, (0, 1)),
    ],
)
def test_hours_that_cannot_be_meant_are_refused_and_those_before_stay(db, ada, say, unfit, refusal, places):
    make.working_hours(db, ada)

    with pytest.raises(HoursDoNotFit) as refused:
        say(set_hours, unfit)

    assert [(type(each), each.places) for each in refused.value.refusals] == [(refusal, places)]
    assert hours(db, ada) == [(2, 600, 780, 0)]


def test_hours_shorter_than_the_gap_around_a_consultation_are_refused(db, ada, say):
    say(add_kind, with_(FOLLOW_UP, length=20, gap_after=90))

    with pytest.raises(HoursDoNotFit) as refused:
        say(set_hours, [(1, 540, 600, 0)])

    assert [type(each) for each in refused.value.refusals] == [GapLongerThanHours]


def test_odd_and_even_weeks_may_have_the_same_times(db, ada, say):
    say(set_hours, [(1, 540, 720, 1), (1, 540, 720, 2)])

    assert len(hours(db, ada)) == 2


def test_nobodys_week_has_more_than_so_many_stretches(db, ada, say):
    with pytest.raises(TooManyHours):
        say(set_hours, [TUESDAY] * (MOST_STRETCHES + 1))


def test_a_stale_page_changes_nothing(db, ada, say):
    say(set_hours, [TUESDAY], seen=0)
    assert version_of(db, ada) == 1

    with pytest.raises(Overtaken):
        say(set_hours, [(1, 540, 720, 0)], seen=0)
    assert hours(db, ada) == [TUESDAY]

    say(set_hours, [(1, 540, 720, 0)], seen=1)
    assert hours(db, ada) == [(1, 540, 720, 0)]
    assert version_of(db, ada) == 2


def test_days_differ_with_other_hours_or_none(db, ada, say):
    away = (date(2027, 4, 5), date(2027, 4, 9))
    say(add_days, first=away[0], last=away[1], stretches=[])
    say(add_days, first=TODAY, last=TODAY, stretches=[(600, 780), (1320, 1560)])

    assert days(db, ada) == [(*away, []), (TODAY, TODAY, [(600, 780), (1320, 1560)])]


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (TODAY, TODAY - timedelta(days=1), LastBeforeFirst),
        (TODAY - timedelta(days=3), TODAY - timedelta(days=1), DaysAreOver),
        (TODAY, TODAY + timedelta(days=1000), DaysTooFar),
        (TODAY, date(9999, 12, 31), DaysTooFar),
    ],
)
def test_days_that_cannot_be_meant_are_refused(db, ada, say, first, last, refusal):
    with pytest.raises(refusal):
        say(add_days, first=first, last=last, stretches=[])

    assert days(db, ada) == []


def test_days_that_have_begun_can_still_be_written_down(db, ada, say):
    say(add_days, first=TODAY - timedelta(days=3), last=TODAY, stretches=[])

    assert len(days(db, ada)) == 1


def test_hours_of_days_that_run_into_one_another_are_refused(db, ada, say):
    night_and_morning = [(1320, 1560), (60, 180)]
    say(add_days, first=TODAY, last=TODAY, stretches=night_and_morning)

    with pytest.raises(HoursDoNotFit):
        say(add_days, first=TODAY, last=TODAY + timedelta(days=1), stretches=night_and_morning)


def test_there_is_room_for_so_many_days_and_those_that_are_over_take_none(db, ada, say, monkeypatch):
    assert MOST_DAYS > 365
    monkeypatch.setattr("portal.diary.services.MOST_DAYS", 1)
    yesterday = TODAY - timedelta(days=1)
    say(add_days, first=yesterday, last=yesterday, stretches=[], now=MONDAY - timedelta(days=1))
    say(add_days, first=TODAY, last=TODAY, stretches=[])

    with pytest.raises(TooManyDays):
        say(add_days, first=TODAY, last=TODAY, stretches=[])


def test_removed_days_are_like_their_weekdays_again(db, ada, say):
    say(add_days, first=TODAY, last=TODAY, stretches=[])
    reference = db.scalar(select(DaysDiffer.reference))

    with transaction() as own:
        remove_days(own, ada, days_called(own, ada, reference), now=MONDAY)

    assert days(db, ada) == []


def test_anothers_days_and_kinds_are_not_found(db, ada, say):
    bo = make.therapist(db, name="Bo Hart")
    say(add_days, first=TODAY, last=TODAY, stretches=[])
    say(add_kind, FOLLOW_UP)
    reference, kind = db.scalar(select(DaysDiffer.reference)), db.scalar(select(ConsultationKind.reference))
    assert days_called(db, ada, reference)
    assert kind_called(db, ada, kind)

    with pytest.raises(NotFound):
        days_called(db, bo, reference)
    with pytest.raises(NotFound):
        kind_called(db, bo, kind)


def test_holidays_are_chosen_and_what_was_said_of_them_goes_with_their_country(db, ada, say):
    say(choose_holidays, country="GB", region="SCT")
    say(switch_holidays, shown=["Good Friday", "Boxing Day"], closed=["Boxing Day"])
    say(switch_holidays, shown=["Christmas Day"], closed=[])
    rules = rules_of(db, ada.id)
    assert (rules.holiday_country, rules.holiday_region) == ("GB", "SCT")
    assert rules.holidays_worked == ["Christmas Day", "Good Friday"]

    say(choose_holidays, country="GB", region=None)
    assert rules_of(db, ada.id).holidays_worked == ["Christmas Day", "Good Friday"]

    say(switch_holidays, shown=["Good Friday"], closed=["Good Friday"])
    assert rules_of(db, ada.id).holidays_worked == ["Christmas Day"]

    say(choose_holidays, country="DE", region=None)
    assert list(rules_of(db, ada.id).holidays_worked) == []

    say(choose_holidays, country=None, region="BY")
    assert (rules_of(db, ada.id).holiday_country, rules_of(db, ada.id).holiday_region) == (None, None)


@pytest.mark.parametrize(
    ("country", "region", "refusal"),
    [("XX", None, CountryUnknown), ("date", None, CountryUnknown), ("GB", "BY", RegionUnknown)],
)
def test_holidays_that_nobody_knows_are_refused(db, ada, say, country, region, refusal):
    with pytest.raises(refusal):
        say(choose_holidays, country=country, region=region)


def test_limits_are_kept(db, ada, say):
    stamina = Stamina(most_a_day=5, most_a_week=None, most_first_a_day=2, most_in_a_row=3, rest=45)

    say(set_limits, stamina, most_open_requests=2, answers_first=True)

    rules = rules_of(db, ada.id)
    assert (rules.stamina, rules.most_open_requests, rules.answers_first) == (stamina, 2, True)


def test_a_kind_is_offered_as_it_was_named_in_place_of_the_usual_first_consultation(db, ada, say):
    assert rules_of(db, ada.id).on_offer == [FIRST_CONSULTATION]

    added = say(add_kind, FOLLOW_UP)

    assert rules_of(db, ada.id).on_offer == [with_(FOLLOW_UP, id=added.id, reference=added.reference)]


def test_a_changed_kind_keeps_its_id_its_place_and_whether_it_is_offered(db, ada, say):
    added = say(add_kind, FOLLOW_UP)
    say(add_kind, with_(FOLLOW_UP, name="Other"))
    say(retire_kind, added)

    say(change_kind, added, with_(FOLLOW_UP, name="Again", length=25, manner=Manner.PHONE, place=None))

    kinds = rules_of(db, ada.id).kinds
    assert [kind.name for kind in kinds] == ["Again", "Other"]
    assert (kinds[0].id, kinds[0].length, kinds[0].place, kinds[0].retired) == (added.id, 25, None, True)


def test_a_kind_longer_than_all_hours_is_refused(db, ada, say):
    say(set_hours, [TUESDAY, (3, 540, 660, 0)])

    with pytest.raises(NoHoursAsLong) as refused:
        say(add_kind, with_(FOLLOW_UP, length=185))
    assert refused.value.longest == 180
    with pytest.raises(GapLongerThanAllHours):
        say(add_kind, with_(FOLLOW_UP, gap_before=185))

    assert rules_of(db, ada.id).kinds == []


def test_a_kind_with_hours_of_its_own_is_judged_by_them(db, ada, say):
    added = say(add_kind, with_(FOLLOW_UP, own_hours=True, length=90))

    with pytest.raises(HoursDoNotFit):
        say(set_hours, [(4, 540, 600, 0)], kind=added)
    say(set_hours, [(4, 540, 660, 0)], kind=added)
    # Its length is not that of the ordinary hours.
    say(set_hours, [(1, 540, 600, 0)])

    assert hours(db, ada, added) == [(4, 540, 660, 0)]
    assert hours(db, ada) == [(1, 540, 600, 0)]
    with pytest.raises(NoHoursAsLong):
        say(change_kind, added, with_(FOLLOW_UP, own_hours=True, length=150))


def test_a_retired_kind_can_be_brought_back(db, ada, say):
    added = say(add_kind, FOLLOW_UP)

    say(retire_kind, added)
    assert rules_of(db, ada.id).on_offer == [FIRST_CONSULTATION]

    say(bring_back_kind, added)
    assert [kind.name for kind in rules_of(db, ada.id).on_offer] == ["Follow-up"]


def test_kinds_change_places(db, ada, say):
    first, second, third = (say(add_kind, with_(FOLLOW_UP, name=name)) for name in "ABC")

    say(move_kind_up, third)
    say(move_kind_up, first)

    assert [kind.name for kind in rules_of(db, ada.id).kinds] == ["A", "C", "B"]
    assert second.position == 3


def test_there_is_room_for_so_many_kinds(db, ada, say, monkeypatch):
    monkeypatch.setattr("portal.diary.naming.MOST_KINDS", 1)
    say(add_kind, FOLLOW_UP)

    with pytest.raises(TooManyKinds):
        say(add_kind, FOLLOW_UP)


def test_a_calendar_taken_over_twice_is_the_same_as_once(db, ada, say):
    make.working_hours(db, ada)
    own = (date(2027, 8, 2), date(2027, 8, 20), [])
    say(add_days, first=own[0], last=own[1], stretches=[])
    found = Found(
        hours=[TUESDAY],
        days=[(date(2027, 4, 6), date(2027, 4, 6), [(600, 780)]), (date(2027, 4, 12), date(2027, 4, 16), ())],
    )

    say(take_over, found)
    say(take_over, found)

    assert hours(db, ada) == [TUESDAY]
    assert days(db, ada) == [own, *((first, last, list(each)) for first, last, each in found.days)]


def test_a_calendar_without_a_week_leaves_the_week_as_it_is(db, ada, say):
    make.working_hours(db, ada)

    say(take_over, Found(days=[(TODAY, TODAY, ())]))

    assert hours(db, ada) == [(2, 600, 780, 0)]
    assert days(db, ada) == [(TODAY, TODAY, [])]


def test_a_calendar_that_says_nothing_or_what_cannot_be_changes_nothing(db, ada, say):
    make.working_hours(db, ada)

    with pytest.raises(NothingInIt):
        say(take_over, Found())
    with pytest.raises(HoursDoNotFit):
        say(take_over, Found([(1, 540, 720, 0), (1, 600, 780, 1)], [(TODAY, TODAY, ())]))

    assert hours(db, ada) == [(2, 600, 780, 0)]
    assert days(db, ada) == []
