"""The outbox table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, new_reference


class OutgoingEmail(Base):
    """One message. Its body is emptied once it is delivered: links in it open doors."""

    __tablename__ = "outgoing_email"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Also the left part of the Message-ID, so that a message delivered twice can be told; and it tells apart
    # the messages that one statement stores.
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference, insert_sentinel=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    # A calendar file (RFC 5545) to attach, and its METHOD (RFC 5546).
    calendar: Mapped[str | None]
    calendar_method: Mapped[str | None]
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
