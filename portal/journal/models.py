"""The journal's lines, and the one row that says where it ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base
from portal.journal.lines import Hand

ONLY_ROW = 1


class JournalLine(Base):
    """One line. References only: no word, name or address. Triggers refuse to alter it or take it out."""

    __tablename__ = "journal_line"
    __table_args__ = (Index("ix_journal_line_about_number", "about", "number"),)

    # Given by whoever appends, one after the other; no sequence of the database's has a say in it.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    # A What; plain text, so that a line of a newer or older version can be read too.
    what: Mapped[str]
    hand: Mapped[Hand]
    person: Mapped[str | None] = mapped_column(index=True)
    about: Mapped[str | None]
    subject: Mapped[str | None]
    hash: Mapped[str]


class JournalHead(Base):
    """Where the journal ends. Whoever appends holds this row, so lines come one after the other."""

    __tablename__ = "journal_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_journal"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=ONLY_ROW)
    number: Mapped[int]
    hash: Mapped[str]
    # Number and hash, sealed as "journal_head.seal:1" under a key that is derived from the master keys. Empty
    # while nothing was written, and after an end whose seal did not hold, until somebody accepts it.
    seal: Mapped[bytes]
