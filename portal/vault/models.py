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
    # One key of 32 bytes, sealed; while words are sealed anew two of them, the newer one first. Empty once it
    # was destroyed.
    sealed_key: Mapped[bytes]
    made_at: Mapped[datetime]
    # When a newer key was put before the old one, which still opens what was sealed until then.
    renewed_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]
