"""How far a client has come follows from what happens elsewhere, and is written down in the same transaction.

Whoever changes a consultation, an intake, a mark or a lamp need not think of it: the session sees to it, so
that no feature can forget. What goes past the session says so with `whereabouts.has_moved`. One thing alone
is written down a moment later, by the worker: that a client has asked for a time, who waits for little then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    String,
    bindparam,
    case,
    event,
    exists,
    func,
    inspect,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from portal import clock
from portal.accounts.models import Client, Stage
from portal.accounts.whereabouts import has_moved, take_moved
from portal.clients.beginnings import keep_beginnings
from portal.intake.models import Intake, Lamp
from portal.reading.models import ReadingMark
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.scheduling.queries import stands_as
from portal.statements import carry_out

_FOLLOWED = (Consultation, Intake, ReadingMark, Lamp)
# What of a client's own row tells where they stand, and by what they are found.
_OF_STAGE, _OF_BEGINNINGS = ("proved_at", "archived_at"), ("sealed_name", "email", "proved_at")


class _Latest(FunctionElement[Any]):
    """The latest of several moments, none of which is missing: the databases call it differently."""

    type = DateTime()
    inherit_cache = True


@compiles(_Latest)
def _greatest(element: Any, compiler: Any, **rest: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **rest)})"


@compiles(_Latest, "sqlite")
def _max(element: Any, compiler: Any, **rest: Any) -> str:
    return f"max({compiler.process(element.clauses, **rest)})"


def _last(moment: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    found = select(func.max(moment)).where(*conditions).correlate(Client).scalar_subquery()
    return func.coalesce(found, Client.joined_at)


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(*conditions).correlate(Client)


def _has_one(*statuses: Status) -> ColumnElement[bool]:
    return _has(Consultation.client_id == Client.id, stands_as(statuses))


def _said(stage: Stage) -> ColumnElement[str]:
    """Written out, as all of it is that is the same for everybody: one value is sent instead of seventeen."""
    return literal_column(f"'{stage}'", String)


_THEIRS = Intake.client_id == Client.id
_MOVED_AT = _Latest(
    Client.joined_at,
    _last(ReadingMark.said_at, ReadingMark.client_id == Client.id),
    _last(Intake.begun_at, _THEIRS),
    _last(Intake.sent_at, _THEIRS),
    _last(Lamp.lit_at, Lamp.client_id == Client.id),
    _last(Consultation.asked_at, Consultation.client_id == Client.id),
    _last(
        ConsultationEvent.happened_at,
        ConsultationEvent.consultation_id == Consultation.id,
        Consultation.client_id == Client.id,
    ),
)
# The first that is so.
_STAGE = case(
    (Client.proved_at.is_(None), _said(Stage.UNPROVED)),
    (Client.archived_at >= _MOVED_AT, _said(Stage.ARCHIVED)),
    (_has_one(Status.REQUESTED, Status.PROPOSED), _said(Stage.ASKED)),
    (_has_one(Status.CONFIRMED), _said(Stage.CONFIRMED)),
    (_has_one(Status.MET), _said(Stage.MET)),
    (_has(_THEIRS, Intake.sent_at.is_not(None)), _said(Stage.SENT)),
    (_has(_THEIRS, Intake.dropped_at.is_(None)), _said(Stage.ANSWERING)),
    (_has(ReadingMark.client_id == Client.id), _said(Stage.READING)),
    else_=_said(Stage.JOINED),
)
_DERIVED = update(Client).values(stage=_STAGE, moved_at=_MOVED_AT)
# Mostly it is about the one client who does something.
_WRITE_ONE = _DERIVED.where(Client.id == bindparam("client_id"))
_WRITE_SEVERAL = _DERIVED.where(Client.id.in_(bindparam("ids", expanding=True)))


def listen(sessions: Callable[[], Session]) -> None:
    """From now on every session of these writes down what follows from what it writes."""
    event.listen(sessions, "after_flush", _note)
    event.listen(sessions, "after_flush_postexec", _write_at_once)
    event.listen(sessions, "before_commit", _write)


def write_down(db: Session, client_ids: set[int]) -> None:
    """Derive anew where these clients stand."""
    if len(client_ids) == 1:
        carry_out(db, _WRITE_ONE, {"client_id": min(client_ids)})
    else:
        carry_out(db, _WRITE_SEVERAL, {"ids": sorted(client_ids)})


def _note(db: Session, _context: object) -> None:
    for each in (*db.new, *db.dirty):
        if isinstance(each, _FOLLOWED):
            has_moved(db, each.client_id)
        elif isinstance(each, Client):
            _note_client(db, each, is_new=each in db.new)


def _note_client(db: Session, client: Client, *, is_new: bool) -> None:
    attributes = inspect(client).attrs
    changed = {name for name in {*_OF_STAGE, *_OF_BEGINNINGS} if attributes[name].history.has_changes()}
    if not is_new and changed.intersection(_OF_STAGE):
        has_moved(db, client.id)
    # Whoever has not proved their address is not found, so that an unknown address costs no more than before.
    if client.proved_at is not None and changed.intersection(_OF_BEGINNINGS):
        db.info.setdefault("renamed_clients", set()).add(client.id)


def _write_at_once(db: Session, _context: object) -> None:
    """Outside the portal's own transactions every flush stands for itself."""
    if "writes" not in db.info:
        _write_noted(db)


def _write(db: Session) -> None:
    db.flush()
    _write_noted(db)


def _write_noted(db: Session) -> None:
    if moved := take_moved(db):
        write_down(db, moved)
    if renamed := db.info.pop("renamed_clients", None):
        keep_beginnings(db, renamed, now=clock.now())
