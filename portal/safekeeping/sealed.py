"""Every column in which words are sealed, and for which place: one list for all of them.

What is not on it would not be sealed anew; a test looks whether something is missing. A feature above this
one puts its own columns on the list by `declare`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, Update, func, inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.accounts.models import AuthenticatorApp, Client, Invitation, Passkey, Therapist
from portal.calendars.models import CalendarSource
from portal.clients.beginnings import secret_place
from portal.clients.models import SearchKey
from portal.consent.models import Agreement
from portal.consent.queries import signature_place
from portal.database import Base
from portal.intake.lamp_queries import note_place
from portal.intake.models import Answer, EarlierAnswer, Intake, Lamp, LampEvent
from portal.intake.queries import answer_place, earlier_place
from portal.messages import queries as messages
from portal.messages.models import Message
from portal.notes.models import Note, NotesKey
from portal.notes.queries import words_place
from portal.reaching.models import ReachingWish
from portal.reaching.queries import said_place
from portal.reading.models import Bookmarks, KeptPassage, Reading, ReadingSuggestion
from portal.reading.queries import line_row, passage_row, places_row, suggestion_row
from portal.scheduling.models import Consultation
from portal.scheduling.words import note_row, offer_row, reply_row, words_row

_Column = InstrumentedAttribute[Any]


@dataclass(frozen=True, kw_only=True)
class SealedColumn:
    """A column of sealed words, with what it takes to open one of them."""

    column: _Column
    # Which data key seals it: the column that holds the key's id, in this row or in one it belongs to.
    key: _Column | ColumnElement[int | None]
    # What the vault calls the place, from the columns that follow.
    place: Callable[..., str]
    named_by: tuple[_Column, ...]
    # How the row leads to the key: what to join, and on what.
    by_way_of: tuple[tuple[type[Base], Any], ...] = field(default=())

    @property
    def table(self) -> Table:
        table: Table = self.column.class_.__table__
        return table

    def sealed_with(self, db: Session, key_id: int) -> Iterator[tuple[Mapping[str, Any], str, bytes]]:
        """Of each row with words under this data key: its primary key, the place, and what is sealed."""
        for row in db.execute(self._rows().where(self.key == key_id)):
            yield self._parts(row)

    def replacing(self, row: Mapping[str, Any], before: bytes, after: bytes) -> Update:
        """The statement that puts these bytes in the place of those, unless somebody else was faster."""
        here = [self.table.c[name] == value for name, value in row.items()]
        return (
            update(self.table)
            .where(*here, self.table.c[self.column.key] == before)
            .values({self.column.key: after})
        )

    def _rows(self) -> Select[*tuple[Any, ...]]:
        found = select(*inspect(self.column.class_).primary_key, self.column, *self.named_by).select_from(
            self.column.class_
        )
        for entity, on in self.by_way_of:
            # The row may belong to one of several; without a key nothing is found.
            found = found.outerjoin(entity, on)
        return found.where(self.column.is_not(None))

    def _parts(self, row: Row[*tuple[Any, ...]]) -> tuple[Mapping[str, Any], str, bytes]:
        keys = [column.key for column in inspect(self.column.class_).primary_key]
        return dict(zip(keys, row, strict=False)), self.place(*row[len(keys) + 1 :]), row[len(keys)]


def _of_client(column: _Column, place: Callable[..., str], *named_by: _Column) -> SealedColumn:
    """In a row that says itself which client it belongs to."""
    to_client = ((Client, column.class_.client_id == Client.id),)
    return SealedColumn(
        column=column, key=Client.data_key_id, place=place, named_by=named_by, by_way_of=to_client
    )


def _of_intake(column: _Column, place: Callable[..., str], *named_by: _Column) -> SealedColumn:
    """In a row that belongs to one of a client's intakes."""
    return SealedColumn(
        column=column,
        key=Client.data_key_id,
        place=place,
        named_by=(Intake.reference, *named_by),
        by_way_of=((Intake, column.class_.intake_id == Intake.id), (Client, Intake.client_id == Client.id)),
    )


def _of_one_person(table: type[Passkey | AuthenticatorApp], column: _Column, what: str) -> SealedColumn:
    """In a row that is a client's or a therapist's."""
    return SealedColumn(
        column=column,
        key=func.coalesce(Client.data_key_id, Therapist.data_key_id),
        place=lambda reference: f"{what}:{reference}",
        named_by=(table.reference,),
        by_way_of=((Client, table.client_id == Client.id), (Therapist, table.therapist_id == Therapist.id)),
    )


def _of_invitation(what: str) -> SealedColumn:
    return SealedColumn(
        column=getattr(Invitation, f"sealed_{what}"),
        key=Therapist.data_key_id,
        place=lambda reference: f"invitation.{what}:{reference}",
        named_by=(Invitation.reference,),
        by_way_of=((Therapist, Invitation.therapist_id == Therapist.id),),
    )


def _of_calendar(what: str) -> SealedColumn:
    return SealedColumn(
        column=getattr(CalendarSource, f"sealed_{what}"),
        key=CalendarSource.data_key_id,
        place=lambda reference: f"calendar_source.{what}:{reference}",
        named_by=(CalendarSource.reference,),
    )


SEALED: list[SealedColumn] = [
    SealedColumn(
        column=Client.sealed_name,
        key=Client.data_key_id,
        place=lambda reference: f"client.name:{reference}",
        named_by=(Client.reference,),
    ),
    _of_intake(Answer.sealed_value, answer_place, Answer.link_id),
    _of_intake(EarlierAnswer.sealed_words, earlier_place, EarlierAnswer.link_id, EarlierAnswer.version_id),
    _of_client(Intake.sealed_copy, lambda reference: f"intake.copy:{reference}", Intake.reference),
    _of_client(Consultation.sealed_words, words_row, Consultation.reference),
    _of_client(Consultation.sealed_reply, reply_row, Consultation.reference),
    _of_client(Consultation.sealed_offer, offer_row, Consultation.reference),
    _of_client(Consultation.sealed_note, note_row, Consultation.reference),
    SealedColumn(
        column=LampEvent.sealed_note,
        key=Client.data_key_id,
        place=note_place,
        named_by=(LampEvent.reference,),
        by_way_of=((Lamp, LampEvent.lamp_id == Lamp.id), (Client, Lamp.client_id == Client.id)),
    ),
    _of_client(Agreement.sealed_signature, signature_place, Agreement.reference),
    _of_client(Message.sealed_words, messages.words_row, Message.reference),
    _of_client(ReachingWish.sealed_said, said_place, Client.reference),
    _of_client(KeptPassage.sealed_passage, passage_row, KeptPassage.reference),
    _of_client(KeptPassage.sealed_line, line_row, KeptPassage.reference),
    _of_client(Bookmarks.sealed_places, places_row, Client.reference),
    SealedColumn(
        column=ReadingSuggestion.sealed_words,
        key=Client.data_key_id,
        place=suggestion_row,
        named_by=(Client.reference, Reading.reference),
        by_way_of=(
            (Client, ReadingSuggestion.client_id == Client.id),
            (Reading, ReadingSuggestion.reading_id == Reading.id),
        ),
    ),
    SealedColumn(
        column=Note.sealed_words,
        # Not the client's own: what a therapist notes for themselves has a key beside it.
        key=NotesKey.data_key_id,
        place=words_place,
        named_by=(Note.reference,),
        by_way_of=((NotesKey, Note.client_id == NotesKey.client_id),),
    ),
    SealedColumn(
        column=SearchKey.sealed_secret,
        key=SearchKey.data_key_id,
        place=secret_place,
        named_by=(),
    ),
    _of_one_person(Passkey, Passkey.sealed_name, "passkey.name"),
    _of_one_person(AuthenticatorApp, AuthenticatorApp.sealed_secret, "authenticator_app.secret"),
    *map(_of_invitation, ("name", "words")),
    *map(_of_calendar, ("label", "address", "user_name", "password")),
]


def declare(*columns: SealedColumn) -> None:
    """Put these on the list; once, when the module that owns them is imported."""
    SEALED.extend(columns)
