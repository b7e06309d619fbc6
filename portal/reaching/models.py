"""What a client has said about how they may be reached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.models import Client
from portal.database import Base


class ReachingWish(Base):
    """One client's wish, sealed with their data key as "reaching_wish.said:<the client's reference>"."""

    __tablename__ = "reaching_wish"

    client_id: Mapped[int] = mapped_column(ForeignKey(Client.id), primary_key=True)
    sealed_said: Mapped[bytes]
    said_at: Mapped[datetime]
