"""What holds of the times on offer for any facts at all, beside a slow reference that looks at the clock."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from portal.diary.clocks import by_day, minute_of, moment_of
from portal.scheduling.slots import Busy, open_starts

DAY = 24 * 60
# A moment shortly before the clocks are changed, or where nothing happens.
PLACES = [
    ("UTC", "2027-03-01T00:00"),
    ("Europe/Berlin", "2027-03-26T12:00"),
    ("Europe/Berlin", "2027-10-29T12:00"),
    ("America/New_York", "2027-11-05T12:00"),
    # Half an hour.
    ("Australia/Lord_Howe", "2027-04-02T12:00"),
    ("Australia/Lord_Howe", "2027-10-01T12:00"),
    # At midnight, forth and back, in the south and in the north.
    ("America/Santiago", "2027-04-02T12:00"),
    ("America/Santiago", "2027-09-03T12:00"),
    ("Asia/Beirut", "2027-03-26T12:00"),
    ("Asia/Beirut", "2027-10-29T12:00"),
    # A minute past midnight: the day that had begun ends once more.
    ("America/St_Johns", "2010-11-05T12:00"),
    # A day that never was.
    ("Pacific/Apia", "2011-12-28T12:00"),
    ("Africa/Casablanca", "2027-02-05T12:00"),
    ("Asia/Kathmandu", "2027-03-01T00:00"),
    ("Pacific/Kiritimati", "2027-02-28T12:00"),
    ("Pacific/Pago_Pago", "2027-02-28T12:00"),
]
# A range, and as much around it as a caller has to give.
RANGE, MARGIN = 5 * DAY, 8 * DAY

spans = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).map(lambda span: (span[0], sum(span)))
wide = st.tuples(st.integers(0, 12 * 60), st.integers(6 * 60, DAY)).map(lambda span: (span[0], sum(span)))
weeks = st.sampled_from([0, 0, 0, 1, 2])
limits = st.sampled_from([None, None, None, 1, 2, 2, 3, 3, 4])
limited = st.tuples(limits, limits, limits, limits, st.integers(0, 200))
TIRELESS = (None, None, None, None, 30)


@st.composite
def facts(draw):
    zone, begins = draw(st.sampled_from(PLACES))
    now = minute_of(datetime.fromisoformat(begins).replace(tzinfo=UTC)) + draw(st.integers(-DAY, DAY))
    today = moment_of(now).date()
    ahead = st.integers(-3, 8).map(lambda days: today + timedelta(days=days))
    found = {
        "hours": [
            (weekday, *draw(span), draw(weeks))
            for weekday in range(1, 8)
            for span in draw(st.sampled_from([(), (wide,), (wide,), (spans, spans), (spans, wide)]))
        ],
        "dates": draw(st.dictionaries(ahead, st.lists(spans | wide, max_size=2), max_size=3)),
        "zone": zone,
        "length": draw(st.sampled_from([5, 25, 30, 45, 47, 50, 50, 55, 90, 200])),
        "before": draw(st.integers(0, 60)),
        "after": draw(st.integers(0, 60)),
        "notice": draw(st.sampled_from([0, 0, 77, DAY])),
        "horizon": draw(st.sampled_from([2 * RANGE, 2 * RANGE, 3 * DAY, 3 * DAY + 77])),
        "first": draw(st.booleans()),
        "busy": (),
        "stamina": TIRELESS,
        "now": now,
    }
    # Close to what would be on offer, where it matters, or anywhere.
    near = st.builds(int.__add__, st.sampled_from(listed(found) or [now]), st.integers(-150, 150))
    anywhere = st.integers(now - MARGIN, now + RANGE + MARGIN)
    busy = draw(st.lists(busy_at(st.one_of(near, near, near, anywhere)), min_size=2, max_size=12))
    return found | {"busy": sorted(busy), "stamina": draw(limited)}


def busy_at(starts: st.SearchStrategy[int]) -> st.SearchStrategy[Busy]:
    """Mostly short: what leaves nothing over says little of anything else."""
    short, long, gaps = st.integers(1, 90), st.integers(1, DAY), st.integers(0, 90)
    return st.builds(
        lambda starts, minutes, **facts: Busy(starts, starts + minutes, **facts),
        starts,
        st.one_of(short, short, short, short, short, short, long),
        before=gaps,
        after=gaps,
        counts=st.sampled_from([True, True, False]),
        first=st.booleans(),
        whose=st.integers(0, 3),
        moving=st.sampled_from([False] * 7 + [True]),
    )


# What fails is shown as it was found: to make it smaller would ask the slow reference for minutes.
thoroughly = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def listed(facts) -> list[int]:
    return open_starts(**facts, since=facts["now"], until=facts["now"] + RANGE)


def accepted(facts, start: int) -> bool:
    return open_starts(**facts, since=start, until=start + 1) == [start]


# The reference: minute by minute, each time against everything.


def starts_by_the_clock(facts) -> list[int]:
    """Without limits: look at the clock every minute, see in which stretches it lies, count from there."""
    stretches_of = {}
    length, step = facts["length"], -(-(facts["length"] + max(facts["before"], facts["after"])) // 5) * 5
    begun: dict[tuple, int] = {}
    found = set()
    for minute in range(facts["now"] - 3 * DAY, facts["now"] + RANGE + DAY):
        today, shown = by_the_clock(facts, minute)
        in_now = set()
        for day, at in ((today, shown), (today - timedelta(days=1), shown + DAY)):
            if day not in stretches_of:
                stretches_of[day] = stretches_on(facts, day)
            in_now |= {(day, first, end) for first, end in stretches_of[day] if first <= at < end}
        begun = {stretch: begun.get(stretch, minute) for stretch in in_now}
        for begins in begun.values():
            start = minute + 1 - length
            grid = -(-begins // 5) * 5
            if start >= grid and (start - grid) % step == 0:
                found.add(start)
    earliest, latest = facts["now"] + facts["notice"], facts["now"] + min(RANGE, facts["horizon"])
    return sorted(start for start in found if earliest <= start < latest and is_clear(facts, start))


def stretches_on(facts, day: date) -> list[tuple[int, int]]:
    if day in facts["dates"]:
        return facts["dates"][day]
    week = (day - date(1970, 1, 5)).days // 7 + 1
    fits = (0, 1 if week % 2 else 2)
    return [
        (first, end)
        for weekday, first, end, weeks in facts["hours"]
        if weekday == day.isoweekday() and weeks in fits
    ]


def by_the_clock(facts, minute: int) -> tuple[date, int]:
    local = datetime.fromtimestamp(minute * 60, ZoneInfo(facts["zone"]))
    return local.date(), local.hour * 60 + local.minute


def is_clear(facts, start: int) -> bool:
    return all(keeps_clear(facts, start, each) for each in facts["busy"])


def keeps_clear(facts, start: int, other: Busy) -> bool:
    gap_to_it = 0 if other.moving else max(facts["after"], other.before)
    gap_from_it = 0 if other.moving else max(other.after, facts["before"])
    return start + facts["length"] + gap_to_it <= other.starts or other.ends + gap_from_it <= start


def exceeded(facts, start: int) -> set[str]:
    """The limits that there would be more than, with a consultation at this time."""
    ours = Busy(start, start + facts["length"], first=facts["first"], counts=True, whose=-1)
    counting = [each for each in facts["busy"] if each.counts and not each.moving]
    day, week = day_and_week(facts, ours)
    of_day = [each for each in counting if day_and_week(facts, each)[0] == day]
    of_week = [each for each in counting if day_and_week(facts, each)[1] == week]
    found = {
        "a day": how_many([*of_day, ours]),
        "a week": how_many([*of_week, ours]),
        "first a day": how_many([each for each in [*of_day, ours] if each.first]) if facts["first"] else 0,
        "in a row": how_many(row_of(ours, counting, facts["stamina"][-1])),
    }
    limits = dict(zip(found, facts["stamina"], strict=False))
    return {name for name, count in found.items() if limits[name] is not None and count > limits[name]}


def how_many(windows: list[Busy]) -> int:
    return sum(each.whose == 0 for each in windows) + len({each.whose for each in windows} - {0})


def day_and_week(facts, each: Busy) -> tuple[date, date]:
    day, _ = by_the_clock(facts, each.starts)
    return day, day - timedelta(days=day.weekday())


def row_of(ours: Busy, others: list[Busy], rest: int) -> list[Busy]:
    """Those that hang together with ours, less than a rest between one and the next."""
    row, left = [ours], others
    while True:
        near = [each for each in left if any(distance(each, one) < rest for one in row)]
        if not near:
            return row
        row, left = row + near, [each for each in left if each not in near]


def distance(one: Busy, other: Busy) -> int:
    return max(other.starts - one.ends, one.starts - other.ends)


# The properties.


@thoroughly
@given(facts())
def test_what_is_offered_is_what_the_clock_and_the_rules_say(facts):
    starts = starts_by_the_clock(facts)

    assert listed(facts | {"stamina": TIRELESS}) == starts
    assert listed(facts) == [start for start in starts if not exceeded(facts, start)]


@thoroughly
@given(facts(), st.lists(st.integers(-DAY, 2 * RANGE), max_size=20))
def test_what_is_offered_is_accepted_and_nothing_else(facts, later):
    starts = open_starts(**facts, since=facts["now"] - DAY, until=facts["now"] + 2 * RANGE)

    assert all(accepted(facts, start) for start in starts)
    others = {facts["now"] + minutes for minutes in later} | {start + 5 for start in starts}
    assert not any(accepted(facts, other) for other in others - set(starts))


@thoroughly
@given(facts(), st.integers(0, RANGE), st.integers(0, RANGE))
def test_a_range_only_cuts(facts, since, until):
    since, until = facts["now"] + since, facts["now"] + until
    starts = listed(facts)

    cut = starts[bisect_left(starts, since) : bisect_left(starts, max(since, until))]
    assert open_starts(**facts, since=since, until=until) == cut


@thoroughly
@given(facts())
def test_every_minute_of_every_time_offered_lies_in_hours_and_in_bounds(facts):
    for start in listed(facts | {"stamina": TIRELESS}):
        assert start % 5 == 0
        assert facts["notice"] <= start - facts["now"] < facts["horizon"]
        for minute in range(start, start + facts["length"]):
            today, shown = by_the_clock(facts, minute)
            tonight = [first <= shown < end for first, end in stretches_on(facts, today)]
            last_night = [
                first <= shown + DAY < end for first, end in stretches_on(facts, today - timedelta(days=1))
            ]
            assert any(tonight + last_night)


@thoroughly
@given(facts(), st.randoms(use_true_random=False))
def test_times_taken_one_after_another_keep_their_gaps_and_exceed_no_limit(facts, chance):
    taken = 0
    while starts := listed(facts):
        start = chance.choice(starts)
        assert all(keeps_clear(facts, start, each) for each in facts["busy"])
        assert not exceeded(facts, start)
        ours = Busy(start, start + facts["length"], facts["before"], facts["after"], True, facts["first"])
        facts["busy"] = sorted([*facts["busy"], ours])
        taken += 1
    assume(taken)


@thoroughly
@given(facts())
def test_one_more_that_is_busy_opens_nothing(facts):
    assume(facts["busy"])
    all_but_one = facts | {"busy": facts["busy"][:-1]}

    assert set(listed(facts)) <= set(listed(all_but_one))


@thoroughly
@given(facts(), st.integers(1, 30 * DAY), st.booleans(), st.integers(0, 25))
def test_what_lies_more_than_eight_days_away_says_nothing(facts, beyond, ahead, minutes):
    away = RANGE + MARGIN + beyond if ahead else -MARGIN - beyond - minutes
    far = Busy(facts["now"] + away, facts["now"] + away + minutes, counts=True, first=True)

    assert listed(facts | {"busy": sorted([*facts["busy"], far])}) == listed(facts)


@thoroughly
@given(facts(), st.sampled_from(PLACES), st.sampled_from(PLACES))
def test_every_reader_sees_the_same_instants(facts, here, there):
    starts = listed(facts)

    for zone, _ in (here, there):
        days = by_day(starts, zone)
        assert [start for times in days.values() for start, _ in times] == starts
        for day, times in days.items():
            assert all(by_the_clock({"zone": zone}, start) == (day, shown) for start, shown in times)
