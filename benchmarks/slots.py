"""The engine of times: how long a list takes, how that grows, and how far ahead of the obvious way it is.

Run it with `.venv/bin/python -m benchmarks.slots`. What lasts is the ratios, all measured in one run; rounds
alternate between what is compared, and medians are printed. Each size is measured plain, and with everything
that a practice can ask for: dates of their own, every other week, gaps that differ, and every limit.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.diary.clocks import minute_of
from portal.scheduling.slots import Busy, open_starts

ROUNDS = 15
DAY = 24 * 60
ZONE = "Europe/Berlin"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
# Two stretches every day, twelve times to ask for.
HOURS = [(weekday, *stretch, 0) for weekday in range(1, 8) for stretch in ((540, 1080), (1140, 1320))]
# The same, but that the evenings alternate between two weeks.
ALTERNATING = [
    (weekday, *stretch)
    for weekday in range(1, 8)
    for stretch in ((540, 1080, 0), (1140, 1320, 1), (1110, 1290, 2))
]
LENGTH, GAP = 50, 10
# No day or week is ever full of them, so that what is timed is the counting and not a list that got shorter.
STAMINA = (10_000, 70_000, 10_000, 5_000, 30)
# (days, busy times in them) and the most milliseconds that they may take.
SIZES = {(60, 0): 0.5, (60, 200): 0.5, (60, 5000): 5.0, (365, 200): 5.0, (365, 5000): 5.0}
# Sixty days with 5000 leave nothing free, so nothing is left to count for; a year with 5000 does.
GROWTH = {
    "60 to 365 days": ((365, 200), (60, 200), 7.0),
    "200 to 5000 busy in 60 days": ((60, 5000), (60, 200), 6.0),
    "200 to 5000 busy in 365 days": ((365, 5000), (365, 200), 6.0),
}


def main() -> None:
    """Check that both ways say the same, then time them side by side."""
    acts: dict[object, Callable[[], list[int]]] = {"obvious": _obvious(60, _busy(60, 200))}
    for days, count in SIZES:
        acts["plain", days, count] = _plain(days, _busy(days, count))
        acts["all", days, count] = _with_everything(days, _busy(days, count))
    assert acts["plain", 60, 200]() == acts["obvious"]()
    medians = _medians(acts)
    print(f"{'days':>5} {'busy':>5} {'free':>5} {'ms':>8} {'free':>5} {'with all, ms':>12} {'at most':>8}")
    for (days, count), most in SIZES.items():
        free, of_all = (len(acts[which, days, count]()) for which in ("plain", "all"))
        plain, everything = (medians[which, days, count] * 1e3 for which in ("plain", "all"))
        print(f"{days:>5} {count:>5} {free:>5} {plain:>8.3f} {of_all:>5} {everything:>12.3f} {most:>8.1f}")
    print()
    for name, (more, less, most) in GROWTH.items():
        plain, everything = (medians[which, *more] / medians[which, *less] for which in ("plain", "all"))
        print(f"{name}: {plain:.1f} times, with all {everything:.1f} (at most {most:.0f})")
    ratio = medians["obvious"] / medians["plain", 60, 200]
    print(f"60 days, 200 busy: {ratio:.0f} times faster than asking each time against each consultation")


def _busy(days: int, count: int) -> list[Busy]:
    """Consultations anywhere in these days; the engine's grid is not asked."""
    chance = random.Random(7)
    now = minute_of(NOW)
    begins = sorted(now + chance.randrange(days * DAY // 5) * 5 for _ in range(count))
    return [
        Busy(begin, begin + LENGTH, counts=True, whose=place) for place, begin in enumerate(begins, start=1)
    ]


def _plain(days: int, busy: list[Busy]) -> Callable[[], list[int]]:
    now = minute_of(NOW)
    facts = {"hours": HOURS, "dates": {}, "zone": ZONE, "length": LENGTH, "before": GAP, "after": GAP}
    range_ = {"notice": DAY, "horizon": days * DAY, "now": now, "since": now, "until": now + days * DAY}
    return lambda: open_starts(**facts, **range_, busy=busy)


def _with_everything(days: int, busy: list[Busy]) -> Callable[[], list[int]]:
    """A holiday or a day with hours of its own every fortnight; every third consultation is a first one."""
    now, today = minute_of(NOW), NOW.date()
    dates: dict[date, tuple[tuple[int, int], ...]] = {
        today + timedelta(days=ahead): ((600, 720),) if ahead % 28 else () for ahead in range(0, days, 14)
    }
    busy = [each._replace(before=5 * (at % 4), after=15, first=at % 3 == 0) for at, each in enumerate(busy)]
    facts = {"hours": ALTERNATING, "dates": dates, "zone": ZONE, "length": LENGTH, "before": 10, "after": 5}
    range_ = {"notice": DAY, "horizon": days * DAY, "now": now, "since": now, "until": now + days * DAY}
    return lambda: open_starts(**facts, **range_, busy=busy, stamina=STAMINA, first=True)


def _obvious(days: int, busy: list[Busy]) -> Callable[[], list[int]]:
    """The same list as one would write it first: datetimes, and each time against each busy one."""
    zone, length, gap = ZoneInfo(ZONE), timedelta(minutes=LENGTH), timedelta(minutes=GAP)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    taken = [
        (epoch + timedelta(minutes=begins), epoch + timedelta(minutes=ends)) for begins, ends, *_ in busy
    ]

    def starts() -> list[int]:
        found = []
        first, last = NOW + timedelta(days=1), NOW + timedelta(days=days)
        for ahead in range(days + 1):
            date = NOW.astimezone(zone).date() + timedelta(days=ahead)
            midnight = datetime(date.year, date.month, date.day, tzinfo=zone)
            for weekday, begins, ends, _ in HOURS:
                if weekday != date.isoweekday():
                    continue
                start = (midnight + timedelta(minutes=begins)).astimezone(UTC)
                end = (midnight + timedelta(minutes=ends)).astimezone(UTC)
                while start + length <= end:
                    free = all(start + length + gap <= b or e + gap <= start for b, e in taken)
                    if free and first <= start < last:
                        found.append(minute_of(start))
                    start += length + gap
        return found

    return starts


def _medians(acts: dict[object, Callable[[], list[int]]]) -> dict[object, float]:
    seconds: dict[object, list[float]] = {name: [] for name in acts}
    for _ in range(ROUNDS):
        for name, act in acts.items():
            began = time.perf_counter()
            act()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in seconds.items()}


if __name__ == "__main__":
    main()
