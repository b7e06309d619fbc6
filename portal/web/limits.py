"""How often something may be tried: counted exactly, across all processes, and told to who has to wait."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import Flask, current_app, request
from limits import RateLimitItem, parse_many
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, bindparam, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.database import Base

Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)
# All that somebody at home, or in a cloud, can choose among for themselves (RFC 6177).
_NETWORK_BITS = {4: 32, 6: 64}


class Counter(Base):
    """How often something was tried in a stretch of time. The key tells nobody of whom."""

    __tablename__ = "counter"

    key: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[int]
    # Seconds since 1970, as the counting library reckons.
    expires_at: Mapped[float] = mapped_column(index=True)


class MustWait(Exception):
    """It was tried too often; from `until` on it can be tried again."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until

    @property
    def seconds(self) -> int:
        return max(1, round((self.until - clock.now()).total_seconds()))

    @property
    def in_words(self) -> str:
        """For example: in one minute; in 12 minutes."""
        minutes = -(-self.seconds // 60)
        return "in one minute" if minutes == 1 else f"in {minutes} minutes"


class Limit:
    """So often in each of these stretches: "5/minute;20/hour". Whoever goes on trying waits ever longer."""

    def __init__(self, what: str, often: str) -> None:
        self._what = what
        self._items: Sequence[RateLimitItem] = sorted(parse_many(often))

    def count(self, *whose: str) -> None:
        """It is tried once more. Raises MustWait; what is refused for being too often is not counted further.

        Never inside a transaction: it is counted whatever becomes of the request.
        """
        counting, key = _counted(), self._key(whose)
        if not all(counting.hit(item, key) for item in self._items):
            # Of several stretches that are full, the one that is over last.
            raise MustWait(max(counting.has_room_from(item, key) for item in self._items))

    def has_room(self, *whose: str) -> bool:
        """Counts it, and says no instead of raising: for what must not be told."""
        try:
            self.count(*whose)
        except MustWait:
            return False
        return True

    def forget(self, *whose: str) -> None:
        """Whoever has shown that they are the right one begins anew."""
        for item in self._items:
            _counted().clear(item, self._key(whose))

    def give_back(self, *whose: str) -> None:
        """What was counted before it was known to be right is not counted after all."""
        for item in self._items:
            _counted().give_back(item, self._key(whose))

    def _key(self, whose: Sequence[str]) -> str:
        """Addresses and networks are few enough to be guessed from a plain hash, so it is one with a key."""
        told = "\0".join([self._what, *whose]).encode()
        secret = str(current_app.config["SECRET_KEY"]).encode()
        return hmac.new(secret, told, hashlib.sha256).hexdigest()


def network() -> str:
    """From where the visitor comes. The header of a proxy is believed only as far as the settings say."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "nowhere"
    return str(ip_network((address, _NETWORK_BITS[address.version]), strict=False))


def init_app(app: Flask) -> None:
    app.extensions["counting"] = _Counting(app.extensions["engine"], app.config["REDIS_URL"])


def forget_old_counts(db: Session, *, now: datetime) -> None:
    """What is over counts for nothing."""
    db.execute(delete(Counter).where(Counter.expires_at < now.timestamp()))


class _Counting:
    """Where it is counted: in Redis where there is one that answers, else in the portal's own database."""

    def __init__(self, engine: Engine, redis_url: str | None) -> None:
        self._here = FixedWindowRateLimiter(_InDatabase(engine))
        self._elsewhere = None
        if redis_url:
            self._elsewhere = FixedWindowRateLimiter(storage_from_string(redis_url))

    def hit(self, item: RateLimitItem, key: str) -> bool:
        """Whether there was room."""
        return self._by_whoever_answers(lambda counting: counting.hit(item, key))

    def has_room_from(self, item: RateLimitItem, key: str) -> datetime:
        """From when on there is room: from now, or from the end of the stretch that is full."""

        def ends(counting: FixedWindowRateLimiter) -> datetime:
            window = counting.get_window_stats(item, key)
            return datetime.fromtimestamp(window.reset_time, UTC) if window.remaining <= 0 else clock.now()

        return self._by_whoever_answers(ends)

    def clear(self, item: RateLimitItem, key: str) -> None:
        self._by_whoever_answers(lambda counting: counting.clear(item, key))

    def give_back(self, item: RateLimitItem, key: str) -> None:
        name, seconds = item.key_for(key), item.get_expiry()
        self._by_whoever_answers(lambda counting: counting.storage.incr(name, seconds, -1))

    def _by_whoever_answers(self, do: Callable[[FixedWindowRateLimiter], Answer]) -> Answer:
        if self._elsewhere is not None:
            try:
                return do(self._elsewhere)
            except self._elsewhere.storage.base_exceptions as problem:
                _log.warning("Redis does not answer, so it is counted here: %s", type(problem).__name__)
        return do(self._here)


def _counted() -> _Counting:
    counting: _Counting = current_app.extensions["counting"]
    return counting


class _InDatabase(Storage):
    """One statement a count, in a transaction of its own, so that none is lost between processes."""

    STORAGE_SCHEME = None

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine.execution_options(write=True)
        self._count = _counting_statement(engine.dialect.name)

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now().timestamp()
        counted = {"key": key, "hits": amount, "now": now, "expires_at": now + expiry}
        with self._engine.begin() as connection:
            hits: int = connection.execute(self._count, counted).scalar_one()
        return hits

    def get(self, key: str) -> int:
        with self._engine.connect() as connection:
            statement = select(Counter.hits).where(Counter.key == key, Counter.expires_at > _seconds())
            return connection.scalar(statement) or 0

    def get_expiry(self, key: str) -> float:
        with self._engine.connect() as connection:
            return connection.scalar(select(Counter.expires_at).where(Counter.key == key)) or _seconds()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._engine.begin() as connection:
            return connection.execute(delete(Counter)).rowcount

    def clear(self, key: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(Counter).where(Counter.key == key))


def _counting_statement(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    is_over = Counter.expires_at <= bindparam("now")
    new = insert(Counter).values(
        key=bindparam("key"), hits=bindparam("hits"), expires_at=bindparam("expires_at")
    )
    return new.on_conflict_do_update(
        index_elements=[Counter.key],
        set_={
            "hits": case((is_over, new.excluded.hits), else_=Counter.hits + new.excluded.hits),
            "expires_at": case((is_over, new.excluded.expires_at), else_=Counter.expires_at),
        },
    ).returning(Counter.hits)


def _seconds() -> float:
    return clock.now().timestamp()
