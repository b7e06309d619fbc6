"""What finds a client by name although names are sealed: what their beginnings come to under a key."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base
from portal.vault.models import DataKey

ONLY_ROW = 1


class SearchKey(Base):
    """The secret under which beginnings are kept, sealed as "search_key.secret:1". One row."""

    __tablename__ = "search_key"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=ONLY_ROW)
    data_key_id: Mapped[int] = mapped_column(ForeignKey("data_key.id"), unique=True)
    sealed_secret: Mapped[bytes]

    data_key: Mapped[DataKey] = relationship(lazy="raise_on_sql")


class Beginning(Base):
    """One beginning of a name's part or of an address, as a number that tells nothing without the key."""

    __tablename__ = "beginning"
    __table_args__ = {"sqlite_with_rowid": False}

    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_id: Mapped[int] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True, index=True
    )
