"""A collection on a calendar server is asked for what it holds; here the server is Radicale."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.calendars.addresses import address_of
from portal.calendars.caldav import asked
from portal.calendars.expanding import expanded
from portal.calendars.failures import CannotBeRead, Why
from portal.calendars.fetching import Question
from portal.calendars.vetting import vetted
from tests.calendars.elsewhere import calendar, event, says, told_to

SINCE = datetime(2027, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=30)
ADA = ("ada", "pass word")
_ANSWER = (
    '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
    ' xmlns:s="http://calendarserver.org/ns/">{}</d:multistatus>'
)


def put(fetcher, collection, *entries, name="one"):
    told_to(fetcher, "PUT", f"{collection}{name}.ics", calendar(*entries))


def look(fetcher, url, state=None, sign_in=ADA):
    question = Question(address_of(url), sign_in=sign_in)
    return asked(fetcher, question, since=SINCE, until=UNTIL, state=state)


def busy(answer):
    text = vetted(answer.body.decode(), since=SINCE.date(), until=UNTIL.date())
    found = expanded(text, zone=UTC, since=SINCE, until=UNTIL)
    return [f"{starts:%d %H:%M}/{ends:%H:%M}" for starts, ends in found.stretches]


def refusal(fetcher, url, **more):
    with pytest.raises(CannotBeRead) as problem:
        look(fetcher, url, **more)
    return problem.value.why


def test_what_the_collection_holds(fetcher, collection):
    put(fetcher, collection, event(":20270302T100000Z", ":20270302T110000Z", uid="once"), name="once")
    put(
        fetcher,
        collection,
        event(":20270301T120000Z", ":20270301T130000Z", "RRULE:FREQ=WEEKLY;COUNT=3", uid="series"),
        event(":20270309T120000Z", ":20270309T130000Z", "RECURRENCE-ID:20270308T120000Z", uid="series"),
        name="series",
    )
    put(fetcher, collection, event(":20280302T100000Z", ":20280302T110000Z", uid="later"), name="later")
    put(fetcher, collection, event(uid="free").replace("END:", "TRANSP:TRANSPARENT\r\nEND:"), name="free")

    answer = look(fetcher, collection)

    assert busy(answer) == ["01 12:00/13:00", "02 10:00/11:00", "09 12:00/13:00", "15 12:00/13:00"]
    assert b"UID:later" not in answer.body


def test_an_empty_collection_keeps_nothing_free(fetcher, collection):
    assert busy(look(fetcher, collection)) == []


def test_a_collection_that_is_as_it_was_is_not_read_again(fetcher, collection):
    put(fetcher, collection, event())
    first = look(fetcher, collection)
    assert first.etag

    assert look(fetcher, collection, state=first.etag).unchanged

    put(fetcher, collection, event(":20270303T100000Z", ":20270303T110000Z", uid="two"), name="two")
    assert busy(look(fetcher, collection, state=first.etag)) == ["02 10:00/11:00", "03 10:00/11:00"]


def test_a_wrong_password(fetcher, collection):
    assert refusal(fetcher, collection, sign_in=("ada", "wrong")) is Why.SIGN_IN
    assert refusal(fetcher, collection, sign_in=None) is Why.SIGN_IN


def test_no_such_collection(fetcher, radicale):
    assert refusal(fetcher, f"{radicale}/ada/nowhere/") is Why.NOT_THERE


def test_a_server_that_does_not_tell_its_state_is_asked_all_the_same(fetcher, elsewhere):
    told = _ANSWER.format(f"<d:response><c:calendar-data>{calendar(event())}</c:calendar-data></d:response>")
    elsewhere.answer = lambda request, connection: (
        says(told, "207 Multi-Status") if request.method == "REPORT" else says(status="405 Not Allowed")
    )(request, connection)

    answer = look(fetcher, elsewhere.url())

    assert (busy(answer), answer.etag) == (["02 10:00/11:00"], None)
    propfind, report = elsewhere.asked
    assert (propfind.headers["depth"], report.headers["depth"]) == ("0", "1")
    assert b'start="20270301T000000Z" end="20270331T000000Z"' in report.body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<!doctype html><title>Sign in</title>", Why.NOT_A_CALENDAR),
        ("<html/>", Why.NOT_A_CALENDAR),
        (calendar(event()), Why.NOT_A_CALENDAR),
        (_ANSWER.format("<c:calendar-data>"), Why.NOT_A_CALENDAR),
        (_ANSWER.format("<d:status>HTTP/1.1 507 Insufficient Storage</d:status>"), Why.TOO_MANY),
        (
            '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + _ANSWER.format("&b;"),
            Why.NOT_A_CALENDAR,
        ),
    ],
    ids=["a page", "another document", "a file", "broken off", "cut short", "entities"],
)
def test_what_is_no_answer_of_a_calendar_server(fetcher, elsewhere, body, why):
    elsewhere.answer = says(body, "207 Multi-Status")

    assert refusal(fetcher, elsewhere.url()) is why
