"""What can be asked for: the diary's rules and whatever is taken, given to the engine."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Integer,
    bindparam,
    cast,
    false,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.calendars.models import BusyTime
from portal.calendars.queries import BUSY
from portal.diary.clocks import minute_of, moment_of
from portal.diary.hours import dates_between
from portal.diary.kinds import LONGEST, WIDEST_GAP, Kind
from portal.diary.queries import Rules, kept_rules_of
from portal.errors import NotFound
from portal.practice.facts import current_practice
from portal.scheduling.lifecycle import (
    HOLDS_ITS_TIME,
    IS_OPEN,
    LAST_ANSWER_BEFORE,
    LEAST_NOTICE,
    Status,
    changed_until,
    notice_to_answer,
)
from portal.scheduling.models import Consultation, HeldWindow
from portal.scheduling.queries import OWN, WINDOW, Held, by_consultation, owned_by_client, stands_as
from portal.scheduling.slots import Busy, BusyTuple, open_starts
from portal.statements import Prepared, RowsAsJson, rows

# Nothing that holds a therapist's time is longer: what began earlier is over, and the index need not be
# read further back.
_LONGEST = timedelta(days=1)
# How far around a range the limits of a week can reach, and the longest consultation with its gap.
_A_WEEK_AROUND, _BESIDE = 8 * 24 * 60, LONGEST + WIDEST_GAP
# Over so long the requests of one client are counted.
_LATELY = timedelta(days=1)

_ID, _REFERENCE = len(WINDOW) + 1, len(WINDOW) + 2
# What is taken in so many stretches is put in order once, some tens of kilobytes each: while nothing is taken
# or let go, it is the same for everybody who looks.
_MOST_KEPT = 64

Row = Sequence[Any]

_HELD_HERE = (
    HeldWindow.therapist_id == bindparam("therapist_id"),
    HeldWindow.starts_at > bindparam("long_since"),
    HeldWindow.starts_at < bindparam("until"),
    HeldWindow.ends_at > bindparam("since"),
)
_BUSY_ELSEWHERE = BUSY.with_only_columns(
    cast(null(), Integer), BusyTime.starts_at, BusyTime.ends_at, literal(0), literal(0), false()
)
_WINDOWS = union_all(select(*WINDOW).where(*_HELD_HERE), _BUSY_ELSEWHERE).subquery("windows")
# What takes the therapist's time in a stretch, here or elsewhere, as one text; how often the diary has been
# changed; the client's own, and whether they met.
_TAKEN = Prepared(
    union_all(
        select(
            Therapist.diary_state,
            *(cast(null(), column.type) for column in WINDOW[1:]),
            *(cast(null(), column.type) for column in OWN[:2]),
            select(RowsAsJson(*_WINDOWS.c)).scalar_subquery(),
            *(cast(null(), column.type) for column in OWN[3:]),
        ).where(Therapist.id == bindparam("therapist_id")),
        owned_by_client(
            condition=or_(
                stands_as(HOLDS_ITS_TIME | {Status.MET}),
                Consultation.asked_at > bindparam("lately"),
            )
        ),
    )
)
# The same for the therapist, who wants to know which of the two it is, and asks about nobody in particular.
_HERE_OR_ELSEWHERE: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(*WINDOW, false()).where(*_HELD_HERE),
    _BUSY_ELSEWHERE.add_columns(true()),
)


class Taken(NamedTuple):
    """A stretch of the therapist's time that is taken: here, or in a calendar elsewhere."""

    busy: Busy
    elsewhere: bool


class Offer(NamedTuple):
    """What a client can ask for, and what they hold already and is still to come, soonest first."""

    # In minutes, as `slots` counts them; ascending.
    starts: Sequence[int]
    own: Sequence[Held]
    rules: Rules
    kind: Kind
    # Whether the client and the therapist have met before.
    has_met: bool
    # How often the client has asked within the last day.
    asked_lately: int
    # As it was when this was read; the rules may be of an earlier one.
    diary_state: int

    @property
    def kinds(self) -> Sequence[Kind]:
        """Those that the client can choose among."""
        return _kinds_for(self.rules, self.has_met)

    def open_requests(self) -> Sequence[Held]:
        """Those that somebody still has to answer, the latest last."""
        return sorted((held for held in self.own if held.status in IS_OPEN), key=lambda held: held.id)

    def open_request(self) -> Held | None:
        """The latest one that waits for an answer; a request may stand beside the one it is to replace."""
        return next(iter(reversed(self.open_requests())), None)

    def may_be_changed(self, held: Held, *, now: datetime) -> bool:
        """Whether the client may still move or cancel it by themselves: its kind says until when."""
        minutes = self.rules.kind_with_id(held.kind_id).changes_until
        until = changed_until(held.starts_at, minutes=minutes, settled_at=held.settled_at)
        return held.status is not Status.CONFIRMED or now < until

    def named(self, reference: str | None) -> Held | None:
        return next((held for held in self.own if held.reference == reference), None)

    def kept_beside(self, named: Held | None) -> Held | None:
        """What stays while another time is asked for instead of this one.

        That is the one itself; of a request that is to replace another, it is the other.
        """
        own = {held.id: held for held in self.own}
        while named and named.status in IS_OPEN and named.replaces_id in own:
            named = own[named.replaces_id]
        return named

    def asked_instead_of(self, kept: Held | None) -> Held | None:
        """The open request that is to replace this one: there is one at most."""
        waiting = (held for held in self.own if held.status in IS_OPEN)
        return next((held for held in waiting if kept and held.replaces_id == kept.id), None)


def offer_to(
    db: Session,
    client: Client,
    therapist: Therapist,
    *,
    now: datetime,
    since: int | None = None,
    until: int | None = None,
    kind: str | None = None,
    instead_of: str | None = None,
    rules: Rules | None = None,
    to_be_answered: bool = True,
) -> Offer:
    """The starts on offer in a range of minutes, by default in all that can be asked for.

    It makes the list, and asked for one minute it judges a choice (T2). `kind` is the reference of one of the
    therapist's kinds; without it, the kind of the consultation `instead_of` which another is asked for, or
    the usual one. What is to be moved counts against no limit and keeps no gap. What is
    `to_be_answered` by the practice is no sooner than somebody there could answer it. Raises NotFound for a
    kind that cannot be asked for.
    """
    rules = rules or kept_rules_of(db, therapist)
    begins, ends = _range(now, since, until, rules)
    windows, owned, state = _taken(db, client, therapist, begins, ends, _margin(rules), now)
    own, has_met, lately = _own(owned, now)
    asked_for = _kind_asked_for(rules, own, kind, instead_of, has_met)
    found = Offer((), own, rules, asked_for, has_met, lately, state)
    kept = found.kept_beside(found.named(instead_of))
    given_up = found.asked_instead_of(kept)
    moving = {held.id for held in (kept, given_up) if held}
    busy = [(*window[:-1], window[-2] in moving) for window in windows] if moving else windows
    could_answer_by = current_practice().answering.could_answer_by(now) if to_be_answered else now
    notice = notice_to_answer(now, could_answer_by=could_answer_by)
    starts = starts_on_offer(rules, found.kind, busy, now=now, since=begins, until=ends, notice=notice)
    return found._replace(starts=starts)


def asked_until(starts_at: datetime) -> datetime:
    """When a time can last be asked for, so that somebody of the practice could answer two hours before."""
    return current_practice().answering.asked_until(starts_at - LAST_ANSWER_BEFORE)


def starts_on_offer(
    rules: Rules,
    kind: Kind,
    busy: Sequence[BusyTuple],
    *,
    now: datetime,
    since: int,
    until: int,
    notice: timedelta = LEAST_NOTICE,
) -> Sequence[int]:
    """What the diary's rules leave of a range of minutes for this kind; `busy` ascends by start.

    `notice` is how long before a start it has to be asked for, whatever its kind says.
    """
    stamina = rules.stamina
    return open_starts(
        hours=rules.hours_for(kind),
        dates=dates_between(rules, since, until),
        zone=rules.time_zone,
        length=kind.length,
        before=kind.gap_before,
        after=kind.gap_after,
        notice=max(kind.notice, minute_of(now + notice) - minute_of(now)),
        horizon=kind.horizon,
        first=kind.is_first,
        busy=busy,
        stamina=(
            stamina.most_a_day,
            stamina.most_a_week,
            stamina.most_first_a_day,
            stamina.most_in_a_row,
            stamina.rest,
        ),
        now=minute_of(now),
        since=since,
        until=until,
    )


def taken_between(
    db: Session, therapist_id: int, since: int, until: int, *, moving: Collection[int] = ()
) -> Sequence[Taken]:
    """All that takes the therapist's time between two minutes and a week around, by start, in one query.

    `moving` are the ids of consultations that are about to give up what they hold.
    """
    asked = {
        "therapist_id": therapist_id,
        **_around(since, until, _A_WEEK_AROUND),
    }
    found = (Taken(_busy(row, moving), row[-1]) for row in rows(db, _HERE_OR_ELSEWHERE, asked))
    return sorted((taken for taken in found), key=lambda taken: taken.busy)


def _range(now: datetime, since: int | None, until: int | None, rules: Rules) -> tuple[int, int]:
    first = minute_of(now)
    last = first + max(kind.horizon for kind in rules.on_offer)
    begins = first if since is None else min(max(since, first), last)
    return begins, last if until is None else min(max(until, first), last)


def _around(since: int, until: int, margin: int) -> Mapping[str, datetime]:
    """The stretch in which something that is taken can matter; the index is read from a day before."""
    begins = moment_of(since - margin)
    return {"long_since": begins - _LONGEST, "since": begins, "until": moment_of(until + margin)}


def _margin(rules: Rules) -> int:
    """How many minutes around a range what is taken can matter: a length and a gap, or a week's limit."""
    return _A_WEEK_AROUND if rules.stamina.limits else _BESIDE


def _taken(
    db: Session, client: Client, therapist: Therapist, since: int, until: int, margin: int, now: datetime
) -> tuple[Sequence[BusyTuple], Sequence[Row], int]:
    """What takes the therapist's time between two minutes and around, rows of all that the client holds, and
    the state of the diary.
    """
    asked = {
        "therapist_id": therapist.id,
        "client_id": client.id,
        **_around(since, until, margin),
        "lately": now - _LATELY,
    }
    state, windows = 0, None
    owned: list[Row] = []
    for row in _TAKEN.rows(db, asked):
        if row[_ID] is None:
            state, windows = row[0], row[_REFERENCE]
        else:
            owned.append(row)
    return _in_order(windows), owned, state


@functools.lru_cache(maxsize=_MOST_KEPT)
def _in_order(windows: str | None) -> Sequence[BusyTuple]:
    """By start; none of them is about to give up what it holds."""
    found = json.loads(windows or "[]")
    return tuple(
        sorted(
            (
                _minute_in(starts),
                _minute_in(ends),
                *gaps,
                owner is not None,
                bool(is_first),
                owner or 0,
                False,
            )
            for owner, starts, ends, *gaps, is_first in found
        )
    )


def _minute_in(moment: str) -> int:
    return minute_of(datetime.fromisoformat(f"{moment}+00:00"))


def _own(owned: Iterable[Row], now: datetime) -> tuple[Sequence[Held], bool, int]:
    """What is the client's and still to come, soonest first; whether they have met; how often they asked."""
    own = by_consultation(owned)
    to_come = [held for held in own if held.status in HOLDS_ITS_TIME and now < held.starts_at]
    has_met = any(
        held.status is Status.MET or (held.status is Status.CONFIRMED and held.starts_at <= now)
        for held in own
    )
    lately = sum(held.asked_at is not None and held.asked_at > now - _LATELY for held in own)
    return to_come, has_met, lately


def _busy(window: Row, moving: Collection[int]) -> Busy:
    """The window as the engine takes it; without a consultation it is an own entry, or busy elsewhere."""
    owner, starts_at, ends_at, gap_before, gap_after, is_first = window[: len(WINDOW)]
    return Busy(
        minute_of(starts_at),
        minute_of(ends_at),
        gap_before,
        gap_after,
        owner is not None,
        is_first,
        owner or 0,
        owner in moving,
    )


def _kind_asked_for(
    rules: Rules, own: Sequence[Held], kind: str | None, instead_of: str | None, has_met: bool
) -> Kind:
    if kind:
        asked_for = rules.kind_called(kind)
        if asked_for not in _kinds_for(rules, has_met):
            raise NotFound
        return asked_for
    for held in own:
        if held.reference == instead_of:
            return rules.kind_with_id(held.kind_id)
    return rules.usual(has_met=has_met)


def _kinds_for(rules: Rules, has_met: bool) -> Sequence[Kind]:
    """For somebody who has met the therapist, or has not; all, if none is meant for them."""
    fits = [kind for kind in rules.on_offer if kind.is_first is not has_met]
    return fits or rules.on_offer
