"""The engine of times: how long a list takes, how that grows, and how far ahead of the obvious way it is.

Run it with `.venv/bin/python -m benchmarks.slots`. What lasts is the ratios, all measured in one run; rounds
alternate between what is compared, and medians are printed.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.scheduling.slots import minute_of, open_starts

ROUNDS = 15
DAY = 24 * 60
ZONE = "Europe/Berlin"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
# Two stretches every day, twelve times to ask for.
HOURS = [(weekday, *stretch) for weekday in range(1, 8) for stretch in ((540, 1080), (1140, 1320))]
LENGTH, GAP = 50, 10
# (days, busy times in them) and the most milliseconds that they may take.
SIZES = {(60, 0): 1.0, (60, 200): 1.0, (60, 5000): 5.0, (365, 200): 5.0, (365, 5000): 5.0}
GROWTH = {"60 to 365 days": ((365, 200), (60, 200), 7.0), "200 to 5000 busy": ((60, 5000), (60, 200), 6.0)}


def main() -> None:
    """Check that both ways say the same, then time them side by side."""
    busy = {size: _busy(*size) for size in SIZES}
    assert _engine(60, busy[60, 200])() == _obvious(60, busy[60, 200])()
    acts: dict[object, Callable[[], list[int]]] = {size: _engine(size[0], busy[size]) for size in SIZES}
    acts["obvious"] = _obvious(60, busy[60, 200])
    medians = _medians(acts)
    print(f"{'days':>5} {'busy':>5} {'free':>5} {'ms':>8} {'at most':>8}")
    for (days, count), most in SIZES.items():
        found = len(acts[days, count]())
        print(f"{days:>5} {count:>5} {found:>5} {medians[days, count] * 1e3:>8.3f} {most:>8.1f}")
    print()
    for name, (more, less, most) in GROWTH.items():
        print(f"{name}: {medians[more] / medians[less]:.1f} times (at most {most:.0f})")
    ratio = medians["obvious"] / medians[60, 200]
    print(f"60 days, 200 busy: {ratio:.0f} times faster than asking each time against each consultation")


def _busy(days: int, count: int) -> list[tuple[int, int]]:
    """Consultations anywhere in these days; the engine's grid is not asked."""
    chance = random.Random(7)
    now = minute_of(NOW)
    begins = sorted(now + chance.randrange(days * DAY // 5) * 5 for _ in range(count))
    return [(begin, begin + LENGTH) for begin in begins]


def _engine(days: int, busy: list[tuple[int, int]]) -> Callable[[], list[int]]:
    now = minute_of(NOW)
    facts = {"hours": HOURS, "zone": ZONE, "length": LENGTH, "gap": GAP, "notice": DAY, "horizon": days * DAY}
    return lambda: open_starts(**facts, busy=busy, now=now, since=now, until=now + days * DAY)


def _obvious(days: int, busy: list[tuple[int, int]]) -> Callable[[], list[int]]:
    """The same list as one would write it first: datetimes, and each time against each busy one."""
    zone, length, gap = ZoneInfo(ZONE), timedelta(minutes=LENGTH), timedelta(minutes=GAP)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    taken = [(epoch + timedelta(minutes=begins), epoch + timedelta(minutes=ends)) for begins, ends in busy]

    def starts() -> list[int]:
        found = []
        first, last = NOW + timedelta(days=1), NOW + timedelta(days=days)
        for ahead in range(days + 1):
            date = NOW.astimezone(zone).date() + timedelta(days=ahead)
            midnight = datetime(date.year, date.month, date.day, tzinfo=zone)
            for weekday, begins, ends in HOURS:
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
