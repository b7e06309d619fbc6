"""One look at a calendar elsewhere, when it is due."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from flask import current_app

from portal import clock
from portal.calendars import caldav
from portal.calendars.addresses import address_of
from portal.calendars.confining import expanded_apart
from portal.calendars.expanding import Entry
from portal.calendars.failures import CannotBeRead, Why
from portal.calendars.fetching import Answer, Fetcher, Question
from portal.calendars.models import SourceKind
from portal.calendars.queries import Look, look_due, source_to_change
from portal.calendars.services import Copy, keep_copy, keep_unchanged, note_failure
from portal.calendars.vetting import vetted
from portal.database import transaction
from portal.errors import NotFound
from portal.traces import without_words
from portal.vault.keyring import CannotBeOpened

_log = logging.getLogger(__name__)
# How far ahead a copy reaches, from yesterday on; nobody offers times beyond it.
HORIZON = timedelta(days=400)
_DAY = timedelta(days=1)
# Whole days and local times are up to 14 hours from UTC.
_MARGIN = timedelta(days=2)


def fetch(reference: str) -> None:
    """Look at the calendar of this reference, if a look is due: a job's handler, which queues the next one.

    No database connection is kept while a server elsewhere thinks. A look that fails is noted and tried
    again later, for as long as the calendar is named; so this raises only where the database does not answer.
    """
    with current_app.extensions["database"]() as db:
        try:
            look = look_due(db, reference, now=clock.now())
        except CannotBeOpened:
            look = None
            _note_that_it_is_locked(reference)
    if look is not None:
        outcome = _outcome(look)
        # It may have been removed while the server was thinking.
        with contextlib.suppress(NotFound), transaction() as db:
            source, now = source_to_change(db, reference), clock.now()
            if isinstance(outcome, Copy):
                keep_copy(db, source, outcome, due_at=look.due_at, now=now)
            elif outcome is None:
                keep_unchanged(db, source, due_at=look.due_at, now=now)
            else:
                note_failure(db, source, outcome, due_at=look.due_at, now=now)


def _note_that_it_is_locked(reference: str) -> None:
    with contextlib.suppress(NotFound), transaction() as db:
        source = source_to_change(db, reference)
        note_failure(db, source, Why.LOCKED, due_at=source.next_look_at, now=clock.now())


def _outcome(look: Look) -> Copy | Why | None:
    """What the look brings; None if all is as it was."""
    try:
        return _copy(look, clock.now())
    except CannotBeRead as problem:
        return problem.why
    except Exception as problem:
        # A chain that ends at something nobody thought of would never notice that it is mended.
        _log.error("a calendar could not be read\n%s", without_words(problem))
        return Why.UNKNOWN


def _copy(look: Look, now: datetime) -> Copy | None:
    since = datetime.combine(now.astimezone(UTC).date() - _DAY, time(), UTC)
    until = since + HORIZON
    # Before anybody is asked: what is given back meanwhile is among them all the same.
    own = _own_entries(look.therapist_id, since)
    answer = _asked(look, since, until)
    if answer.unchanged:
        return None
    text = vetted(
        answer.body.decode("utf-8", "replace"),
        since=(since - _MARGIN).date(),
        until=(until + _MARGIN).date(),
    )
    found = expanded_apart(text, zone=look.zone, since=since, until=until, own=own)
    return Copy(found, answer.etag, answer.last_modified)


def _own_entries(therapist_id: int, since: datetime) -> Collection[Entry]:
    with current_app.extensions["database"]() as db:
        entries: Collection[Entry] = current_app.extensions["own_entries"](db, therapist_id, since=since)
    return entries


def _asked(look: Look, since: datetime, until: datetime) -> Answer:
    fetcher: Fetcher = current_app.extensions["calendar_fetcher"]
    question = Question(address_of(look.address), sign_in=look.sign_in)
    if look.kind is SourceKind.CALDAV:
        return caldav.asked(fetcher, question, since=since, until=until, state=look.etag)
    return fetcher.ask(question.known_as(look.etag, look.last_modified))
