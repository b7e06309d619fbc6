"""What most tests need: an application with an empty database of its own, and a browser to visit it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from config import ROOT, Environment, Settings
from portal import clock
from portal.app import create_app
from portal.database import Base
from tests.browser import Browser
from tests.chromium import address as address
from tests.chromium import chromium as chromium
from tests.postgres import temporary_postgres

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
BOTH_DATABASES = ("sqlite", "postgresql")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Where CI runs, what cannot be tested is not tested, and that is a failure."""
    return _nothing_is_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _nothing_is_skipped((yield))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    return MONDAY


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, now: datetime):
    """Call it with a moment, and it is that moment."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database made by the migrations, once; each test works on a copy of its own."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    _migrate(create_engine(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[Engine]:
    """One server and one database a process; each test finds its tables emptied."""
    with temporary_postgres() as url:
        _migrate(create_engine(url))
        engine = create_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Every test that meets a database runs on both."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "portal.db")
        return f"sqlite:///{tmp_path}/portal.db"
    engine: Engine = request.getfixturevalue("migrated_postgres")
    _empty(engine)
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        env=Environment.DEVELOPMENT,
        instance=tmp_path / "instance",
        database_url=database_url,
        secret_key="not a secret, but long enough to be one",
        master_keys=(bytes(range(32)),),
        backup_keys=(bytes(range(64, 96)),),
        base_url="https://portal.test",
        mail_url=None,
        mail_from="portal@portal.test",
        argon2_memory_kib=8,
        argon2_passes=1,
    )


@pytest.fixture
def app(settings: Settings, now: datetime) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = _templates
    event.listen(app.extensions["engine"], "connect", _for_a_test)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def db(app: Flask) -> Iterator[Session]:
    """A session of the test's own, beside whatever sessions the visits open.

    Each statement is a transaction by itself, so it never keeps a visit waiting and never sees the past; what
    it has loaded it keeps until `db.expire_all()`.
    """
    engine = app.extensions["engine"].execution_options(isolation_level="AUTOCOMMIT")
    with app.extensions["database"](bind=engine) as db:
        yield db


@pytest.fixture
def inside_app(app: Flask) -> Iterator[None]:
    """For a service that renders an email. Never together with a browser: visits would share one `g`."""
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        yield


@pytest.fixture
def queries(app: Flask):
    """`with queries() as seen:` collects the statements that the application sends meanwhile."""

    @contextmanager
    def watching() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
                seen.append(statement)

        engine = app.extensions["engine"]
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return watching


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


def _nothing_is_skipped(report):
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped, and CI=true: {report.longrepr}"
    return report


_BOTH = {"accounts", "diary", "intake", "jobs", "journal", "journeys", "privacy", "safekeeping", "scheduling"}


def _for_a_test(connection: Any, _record: object) -> None:
    """No power cut is waited for: what a test has stored need not be on the disk when it goes on.

    And who asks for no order gets another than the usual one: PostgreSQL does so once in a thousand times.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA reverse_unordered_selects = ON")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Services, races and the journeys through all pages meet both databases; everything else, SQLite."""
    left = [item for item in items if "[postgresql" in item.name and not _meets_both(item.path)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _meets_both(path: Path) -> bool:
    if path.stem.endswith(("views", "_pages", "_complete")):
        return False
    return "services" in path.stem or path.parent.name in _BOTH or path.parent == ROOT / "tests"


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        command.upgrade(
            Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection}), "head"
        )
        connection.commit()
    engine.dispose()


def _empty(engine: Engine) -> None:
    """Only what holds something: most tables are empty, and to truncate all of them takes a while."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in connection.scalars(text(_HOLD_SOMETHING)).all():
            connection.execute(text(f'DELETE FROM "{name}"'))
        for sequence in connection.scalars(text(_HAVE_COUNTED)).all():
            connection.execute(text(f'ALTER SEQUENCE "{sequence}" RESTART'))
        connection.execute(text("UPDATE journal_head SET number = 0, hash = '', seal = ''"))


# The journal's own row stays.
_HOLD_SOMETHING = " UNION ALL ".join(
    f"""SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM "{table.name}")"""
    for table in Base.metadata.sorted_tables
    if table.name != "journal_head"
)
_HAVE_COUNTED = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"


class _Remembered(BytecodeCache):
    """Templates as they were compiled for the application of an earlier test."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_templates = _Remembered()


_compiled: dict[tuple[str, str], tuple[Any, ...]] = {}
_compile = Rule.compile


def _compile_once(rule: Rule) -> None:
    """An address is taken apart for the first application that has it: all take a while in each test."""
    key = (rule.rule, repr(rule.defaults))
    if key not in _compiled:
        _compile(rule)
        builders = rule._build.__func__, rule._build_unknown.__func__
        _compiled[key] = (rule._parts, rule._trace, rule._converters, *builders)
        return
    rule._parts, rule._trace, rule._converters, build, build_unknown = _compiled[key]
    rule.arguments.update(rule._converters)
    rule._build, rule._build_unknown = build.__get__(rule), build_unknown.__get__(rule)


Rule.compile = _compile_once  # type: ignore[method-assign]
