"""The data keys, each sealed with the practice's master key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, new_reference


class DataKey(Base):
    """The key of one person's words. Without it they are noise, in every backup too."""

    __tablename__ = "data_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    sealed_key: Mapped[bytes]
    made_at: Mapped[datetime]
