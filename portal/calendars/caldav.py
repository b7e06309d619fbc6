"""Asking a CalDAV collection (RFC 4791) for what it holds between two moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from xml.parsers import expat

from portal.calendars.failures import CannotBeRead, Why
from portal.calendars.fetching import Answer, Fetcher, Question

_XML = {"Content-Type": "application/xml; charset=utf-8"}
_STATE = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<d:propfind xmlns:d="DAV:" xmlns:s="http://calendarserver.org/ns/">'
    b"<d:prop><s:getctag/><d:sync-token/></d:prop></d:propfind>"
)
_QUERY = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
    "<d:prop><c:calendar-data/></d:prop>"
    '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
    '<c:time-range start="{since:%Y%m%dT%H%M%SZ}" end="{until:%Y%m%dT%H%M%SZ}"/>'
    "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
)
_ROOT = "DAV: multistatus"
_CALENDAR_DATA = "urn:ietf:params:xml:ns:caldav calendar-data"
_STATES = ("DAV: sync-token", "http://calendarserver.org/ns/ getctag")
_STATUS = "DAV: status"
_TOLD = frozenset({_CALENDAR_DATA, _STATUS, *_STATES})
# RFC 4791 §7.8.1 and RFC 6578 §3.6: the server has left something out.
_CUT_SHORT = "507"
_LONGEST_STATE = 500
_NOTHING = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def asked(
    fetcher: Fetcher, question: Question, *, since: datetime, until: datetime, state: str | None
) -> Answer:
    """Calendars, one after another, with every entry that touches the time between; nothing is expanded.

    `state` is what the collection called its state last time (the answer's `etag`): if it does so again, the
    answer is `unchanged`. Raises CannotBeRead.
    """
    here = _state_of(fetcher, question)
    if here is not None and here == state:
        return Answer(b"", here, unchanged=True)
    body = _QUERY.format(since=since.astimezone(UTC), until=until.astimezone(UTC)).encode()
    told = _read(fetcher.ask(_with(question, "REPORT", body, "1")).body)
    if any(_CUT_SHORT in status.split() for status in told[_STATUS]):
        raise CannotBeRead(Why.TOO_MANY)
    calendars = "\r\n".join(told[_CALENDAR_DATA]) or _NOTHING
    return Answer(calendars.encode(), here)


def _state_of(fetcher: Fetcher, question: Question) -> str | None:
    """What the collection calls its state; None if it does not tell."""
    try:
        told = _read(fetcher.ask(_with(question, "PROPFIND", _STATE, "0")).body)
    except CannotBeRead as problem:
        if problem.why in {Why.TURNED_AWAY, Why.NOT_A_CALENDAR}:
            return None
        raise
    found = [state for name in _STATES for state in told[name] if state and len(state) <= _LONGEST_STATE]
    return found[0] if found else None


def _with(question: Question, method: str, body: bytes, depth: str) -> Question:
    return replace(question, method=method, body=body, headers={**_XML, "Depth": depth})


def _read(body: bytes) -> Mapping[str, list[str]]:
    """The texts of the elements that tell something, by name (namespace, blank, name). Raises CannotBeRead.

    Read as it comes, without a tree; an entity of the sender's own making ends it.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise CannotBeRead(Why.NOT_A_CALENDAR) from None
    return reader.texts


class _Reader:
    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {name: [] for name in _TOLD}
        self._open: list[str] = []
        self._pieces: list[str] = []

    def begin(self, name: str, _attributes: Mapping[str, str]) -> None:
        if not self._open and name != _ROOT:
            raise CannotBeRead(Why.NOT_A_CALENDAR)
        self._open.append(name)
        self._pieces.clear()

    def text(self, words: str) -> None:
        self._pieces.append(words)

    def end(self, name: str) -> None:
        self._open.pop()
        if name in _TOLD:
            self.texts[name].append("".join(self._pieces))
        self._pieces.clear()


def _refuse(*_: object) -> None:
    raise CannotBeRead(Why.NOT_A_CALENDAR)
