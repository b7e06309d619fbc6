"""The calendar file of a consultation: what is mailed, and the same to download."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from icalendar import Calendar, Event, vCalAddress, vText

from portal.errors import NotFound
from portal.practice.facts import current_practice
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation

# It tells nothing to whoever looks at the calendar.
_SUMMARY = "Appointment"
_TENTATIVE, _CONFIRMED, _OVER = "TENTATIVE", "CONFIRMED", "CANCELLED"
# What nobody has settled yet is tentative, at the first of its times: an entry for each of three wishes would
# fill a calendar with what will not happen. Whether two people have met is no calendar's business.
_STATUS = {
    Status.KEPT: _TENTATIVE,
    Status.REQUESTED: _TENTATIVE,
    Status.PROPOSED: _TENTATIVE,
    Status.CONFIRMED: _CONFIRMED,
    Status.MET: _CONFIRMED,
    Status.NOT_MET: _CONFIRMED,
}


def file_of(consultation: Consultation, *, changed_at: datetime) -> tuple[str, str]:
    """The text (RFC 5545) and its METHOD (RFC 5546), with times in UTC. The client is loaded.

    `changed_at` is when the consultation last changed: the same state always gives the same file. Raises
    NotFound for a consultation that was replaced, since its entry has gone over to the other.
    """
    if consultation.status is Status.REPLACED:
        raise NotFound
    status = _STATUS.get(consultation.status, _OVER)
    method = "CANCEL" if status == _OVER else "REQUEST"
    calendar = Calendar()
    calendar.add("prodid", "-//Foyer//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_event(consultation, status, changed_at))
    return calendar.to_ical().decode(), method


def entry_of(consultation: Consultation, *, changed_at: datetime) -> tuple[str, str] | None:
    """The same for a message about it; None for what has no entry of its own in calendars."""
    return file_of(consultation, changed_at=changed_at) if consultation.has_entry else None


def _event(consultation: Consultation, status: str, changed_at: datetime) -> Event:
    event = Event()
    event.add("uid", consultation.calendar_uid)
    event.add("sequence", consultation.calendar_sequence)
    event.add("dtstamp", changed_at.replace(microsecond=0))
    event.add("dtstart", consultation.starts_at)
    event.add("dtend", consultation.ends_at)
    event.add("summary", _SUMMARY)
    event.add("status", status)
    event.add("class", "PRIVATE")
    event.add("organizer", _organizer())
    event.add("attendee", _attendee(consultation.client.email, status))
    return event


def _organizer() -> vCalAddress:
    organizer = vCalAddress(f"mailto:{current_app.config['MAIL_FROM']}")
    organizer.params["CN"] = vText(current_practice().name)
    return organizer


def _attendee(address: str, status: str) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    # They asked for the time themselves: no mail program need ask them again.
    attendee.params["PARTSTAT"] = vText(_TENTATIVE if status == _TENTATIVE else "ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    return attendee
