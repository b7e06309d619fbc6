"""How often something may be tried: counted exactly, across all processes, and told to who has to wait."""

from __future__ import annotations

import functools
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import Flask, current_app, request
from limits import RateLimitItem, parse_many
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Connection, Engine, TextClause, bindparam, case, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.database import Base

Answer = TypeVar("Answer")
# So often in so long, and the key under which that is counted.
Stretch = tuple[RateLimitItem, str]
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
        count_all((self, whose))

    def has_room(self, *whose: str) -> bool:
        """Counts it, and says no instead of raising: for what must not be told."""
        try:
            self.count(*whose)
        except MustWait:
            return False
        return True

    def forget(self, *whose: str) -> None:
        """Whoever has shown that they are the right one begins anew."""
        _counted().clear(self._items, self._key(whose))

    def give_back(self, *whose: str) -> None:
        """What was counted before it was known to be right is not counted after all."""
        give_back_all((self, whose))

    def stretches(self, whose: Sequence[str]) -> list[Stretch]:
        key = self._key(whose)
        return [(item, key) for item in self._items]

    def _key(self, whose: Sequence[str]) -> str:
        """Addresses and networks are few enough to be guessed from a plain hash, so it is one with a key."""
        told = "\0".join([self._what, *whose]).encode()
        secret = str(current_app.config["SECRET_KEY"]).encode()
        return hmac.new(secret, told, hashlib.sha256).hexdigest()


def count_all(*tried: tuple[Limit, Sequence[str]]) -> None:
    """It is tried once more, which counts against all of these: in one transaction, since commits are dear.

    Raises MustWait for the first that is full; against those after it nothing is counted. Never inside a
    transaction, as with one.
    """
    stretches = [(limit, each) for limit, whose in tried for each in limit.stretches(whose)]
    full = _counted().hit_all([each for _, each in stretches])
    if full is not None:
        whose = stretches[full][0]
        # Of several stretches that are full, the one that is over last.
        raise MustWait(max(_counted().has_room_from(*each) for limit, each in stretches if limit is whose))


def give_back_all(*counted: tuple[Limit, Sequence[str]]) -> None:
    """What was counted against these before it was known to be right is not counted after all."""
    _counted().give_back_all([each for limit, whose in counted for each in limit.stretches(whose)])


@contextmanager
def counted_with(db: Session) -> Iterator[None]:
    """What is counted inside is counted if the change around it is committed."""
    with _on(db.connection()):
        yield


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
        self.engine = engine.execution_options(write=True)
        self._here = FixedWindowRateLimiter(_InDatabase(self.engine))
        self._elsewhere = None
        if redis_url:
            self._elsewhere = FixedWindowRateLimiter(storage_from_string(redis_url))

    def hit_all(self, stretches: Sequence[Stretch]) -> int | None:
        """Count in each up to the first that is full; which one that is."""

        def hit(counting: FixedWindowRateLimiter) -> int | None:
            if isinstance(counting.storage, _InDatabase):
                return counting.storage.hit_all(stretches)
            return next((n for n, (item, key) in enumerate(stretches) if not counting.hit(item, key)), None)

        return self._by_whoever_answers(hit)

    def has_room_from(self, item: RateLimitItem, key: str) -> datetime:
        """From when on there is room: from now, or from the end of the stretch that is full."""

        def ends(counting: FixedWindowRateLimiter) -> datetime:
            window = counting.get_window_stats(item, key)
            return datetime.fromtimestamp(window.reset_time, UTC) if window.remaining <= 0 else clock.now()

        return self._by_whoever_answers(ends)

    def clear(self, items: Sequence[RateLimitItem], key: str) -> None:
        def clear(counting: FixedWindowRateLimiter) -> None:
            if isinstance(counting.storage, _InDatabase):
                return counting.storage.clear_all([item.key_for(key) for item in items])
            for item in items:
                counting.clear(item, key)
            return None

        self._by_whoever_answers(clear)

    def give_back_all(self, stretches: Sequence[Stretch]) -> None:
        def give_back(counting: FixedWindowRateLimiter) -> None:
            if isinstance(counting.storage, _InDatabase):
                counting.storage.add_to_all(stretches, -1)
                return
            for item, key in stretches:
                counting.storage.incr(item.key_for(key), item.get_expiry(), -1)

        self._by_whoever_answers(give_back)

    def _by_whoever_answers(self, do: Callable[[FixedWindowRateLimiter], Answer]) -> Answer:
        if self._elsewhere is not None:
            try:
                return do(self._elsewhere)
            except self._elsewhere.storage.base_exceptions as problem:
                _log.warning("Redis does not answer, so it is counted here: %s", type(problem).__name__)
        return do(self._here)


# The connection of a transaction in which several things are counted together.
_OPEN: ContextVar[Connection | None] = ContextVar("counted_on", default=None)


@contextmanager
def _on(connection: Connection) -> Iterator[None]:
    before = _OPEN.set(connection)
    try:
        yield
    finally:
        _OPEN.reset(before)


def _counted() -> _Counting:
    counting: _Counting = current_app.extensions["counting"]
    return counting


class _InDatabase(Storage):
    """One statement for all that is counted at once, so that none is lost between processes."""

    STORAGE_SCHEME = None

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self._add([(key, expiry)], amount)[key]

    def add_to_all(self, stretches: Sequence[Stretch], amount: int) -> dict[str, int]:
        """How often it was tried in each by now, by the names that they have here."""
        return self._add([(item.key_for(key), item.get_expiry()) for item, key in stretches], amount)

    def hit_all(self, stretches: Sequence[Stretch]) -> int | None:
        """Counted in all at once, and given back after the first that is full; which one that is."""
        with self._transaction() as connection, _on(connection):
            hits = self.add_to_all(stretches, 1)
            full = next(
                (n for n, (item, key) in enumerate(stretches) if hits[item.key_for(key)] > item.amount), None
            )
            if full is not None and full + 1 < len(stretches):
                self.add_to_all(stretches[full + 1 :], -1)
        return full

    def _add(self, names: Sequence[tuple[str, int]], amount: int) -> dict[str, int]:
        """`names` with the seconds that each lasts, no name twice."""
        now = clock.now().timestamp()
        counted: dict[str, Any] = {"now": now, "hits": amount}
        for number, (name, seconds) in enumerate(names):
            counted |= {f"key{number}": name, f"expires_at{number}": now + seconds}
        statement = _counting_statement(self._engine.dialect.name, len(names))
        with self._transaction() as connection:
            return {row.key: row.hits for row in connection.execute(statement, counted)}

    def get(self, key: str) -> int:
        statement = select(Counter.hits).where(Counter.key == key, Counter.expires_at > _seconds())
        with self._transaction() as connection:
            return connection.scalar(statement) or 0

    def get_expiry(self, key: str) -> float:
        with self._transaction() as connection:
            return connection.scalar(select(Counter.expires_at).where(Counter.key == key)) or _seconds()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._transaction() as connection:
            return connection.execute(delete(Counter)).rowcount

    def clear(self, key: str) -> None:
        self.clear_all([key])

    def clear_all(self, keys: Sequence[str]) -> None:
        with self._transaction() as connection:
            connection.execute(_FORGET, {"keys": keys})

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """The one that is open, or one of its own."""
        if (open_one := _OPEN.get()) is not None:
            yield open_one
        else:
            with self._engine.begin() as connection:
                yield connection


_FORGET = delete(Counter).where(Counter.key.in_(bindparam("keys", expanding=True)))


_DIALECTS: dict[str, Any] = {
    "postgresql": (postgresql.insert, PGDialect),
    "sqlite": (sqlite.insert, SQLiteDialect),
}


@functools.cache
def _counting_statement(dialect: str, number: int) -> TextClause:
    """Counts in so many rows at once. Put into words once: of many rows SQLAlchemy would do it each time."""
    insert, written = _DIALECTS[dialect]
    is_over = Counter.expires_at <= bindparam("now")
    new = insert(Counter).values(
        [
            {
                "key": bindparam(f"key{each}"),
                "hits": bindparam("hits"),
                "expires_at": bindparam(f"expires_at{each}"),
            }
            for each in range(number)
        ]
    )
    counting = new.on_conflict_do_update(
        index_elements=[Counter.key],
        set_={
            "hits": case((is_over, new.excluded.hits), else_=Counter.hits + new.excluded.hits),
            "expires_at": case((is_over, new.excluded.expires_at), else_=Counter.expires_at),
        },
    ).returning(Counter.key, Counter.hits)
    return text(str(counting.compile(dialect=written(paramstyle="named"))))


def _seconds() -> float:
    return clock.now().timestamp()
