"""Every setting the portal has, read from the environment once, at start; an unfit one is refused."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, quote, urlsplit

import click
from dotenv import dotenv_values

# Where templates/, static/ and migrations/ are: a checkout, or the folder that the wheel was installed into.
ROOT = Path(__file__).resolve().parent
# Where .env and instance/ are looked for: beside the code in a checkout, never among installed packages.
_HOME = ROOT if (ROOT / "pyproject.toml").exists() else Path.cwd()
_DATABASES = frozenset({"sqlite", "postgresql", "postgresql+psycopg"})
# A name, an address, or a network of addresses.
_HOST_OR_NETWORK = re.compile(r"[A-Za-z0-9.:-]+(/[0-9]+)?")
_SECRET_LENGTH = 32
_KEY_BYTES = 32
_HOW_TO_MAKE_A_SECRET = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_HOW_TO_MAKE_A_KEY = (
    "python3 -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'"
)


class UnfitSetting(click.ClickException):
    """A setting is missing or weak. Says in one line which one, and how to make a good one.

    Every command ends with that line and this code, under `flask --app portal.app` too.
    """

    exit_code = 2


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A default here must be safe in production and fit to be public; anything else is required."""

    env: Environment = Environment.PRODUCTION
    instance: Path
    # What is secret, or may hold a password, is kept out of every trace and log.
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    # Newest first: the first one seals, all of them open.
    master_keys: tuple[bytes, ...] = field(repr=False)
    base_url: str
    # smtp://name:password@host:port (smtps:// for TLS from the first byte), or None: the development mailbox.
    mail_url: str | None = field(repr=False)
    mail_from: str
    # redis://host:port/0, where several machines count together; else the database counts.
    redis_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    # How many proxies in front of the portal may be believed about the visitor's address and scheme.
    trusted_proxies: int = 0
    # Hosts and networks inside the practice's own walls at which a calendar may be fetched.
    calendars_inside: tuple[str, ...] = ()
    # What backups are sealed with, newest first; without one none are made.
    backup_keys: tuple[bytes, ...] = field(default=(), repr=False)
    # Where backups go; None: a folder of the instance.
    backups: Path | None = None
    # The report of what is known against the libraries; None: advisories.json in the instance folder.
    advisories: Path | None = None
    # The folder of pg_dump and psql, if they are not found by themselves.
    postgres_tools: Path | None = None
    # Whoever sends it reads /metrics; without one only this machine does.
    metrics_token: str | None = field(default=None, repr=False)
    # Argon2id: OWASP's floor. Only tests lower it.
    argon2_memory_kib: int = 19456
    argon2_passes: int = 2

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read `PORTAL_…` from the environment, and from `.env` what the environment does not say.

        Raises UnfitSetting. In development, what is missing is generated into the instance folder, readable
        by its owner alone; in production nothing is.
        """
        read = _Reader(_with_dotenv(os.environ) if environ is None else environ)
        env = read.choice("PORTAL_ENV", Environment, Environment.DEVELOPMENT)
        instance = Path(read.text("PORTAL_INSTANCE", str(_HOME / "instance"))).absolute()
        host, port = read.text("PORTAL_HOST", cls.host), read.number("PORTAL_PORT", cls.port, 1, 65535)
        development = env is Environment.DEVELOPMENT
        base_url = read.base_url(_local_url(host, port) if development else None)
        return cls(
            env=env,
            instance=instance,
            database_url=read.database_url(instance / "portal.db"),
            secret_key=read.secret_key(instance / "secret.key" if development else None),
            master_keys=read.master_keys(instance / "master.key" if development else None),
            base_url=base_url,
            mail_url=read.mail_url(required=not development),
            mail_from=read.mail_from(_mail_from(base_url)),
            redis_url=read.redis_url(),
            host=host,
            port=port,
            workers=read.number("PORTAL_WORKERS", 1 if development else _cores(), 1, 64),
            trusted_proxies=read.number("PORTAL_TRUSTED_PROXIES", 0, 0, 5),
            calendars_inside=read.calendars_inside(),
            backup_keys=read.backup_keys(instance / "backup.key" if development else None),
            backups=read.folder("PORTAL_BACKUPS"),
            advisories=read.file("PORTAL_ADVISORIES"),
            postgres_tools=read.folder("PORTAL_POSTGRES_TOOLS"),
            metrics_token=read.metrics_token(),
        )

    @property
    def development(self) -> bool:
        return self.env is Environment.DEVELOPMENT

    @property
    def secure_cookies(self) -> bool:
        """Always in production; in development only when the portal is reached over https."""
        return not self.development or self.base_url.startswith("https://")


class _Reader:
    """Reads one setting at a time and says what is wrong with it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str | None) -> str:
        value = self._environ.get(name, "").strip() or default
        if value is None:
            raise UnfitSetting(f"{name} is not set and has no default in production; the README lists it")
        return value

    def choice(self, name: str, choices: type[Environment], default: Environment) -> Environment:
        value = self.text(name, default.value)
        if value not in set(choices):
            raise UnfitSetting(f"{name} is {value!r}; it has to be one of {', '.join(choices)}")
        return choices(value)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or not least <= int(value) <= most:
            raise UnfitSetting(f"{name} is {value!r}; it has to be a number from {least} to {most}")
        return int(value)

    def secret_key(self, generated: Path | None) -> str:
        value = self._environ.get("PORTAL_SECRET_KEY", "").strip()
        if not value and generated:
            value = _kept(generated, lambda: secrets.token_urlsafe(48))
        if not value:
            raise UnfitSetting(f"PORTAL_SECRET_KEY is not set; make one with: {_HOW_TO_MAKE_A_SECRET}")
        if len(value) < _SECRET_LENGTH or len(set(value)) < _SECRET_LENGTH // 4:
            raise UnfitSetting(f"PORTAL_SECRET_KEY is too weak; make one with: {_HOW_TO_MAKE_A_SECRET}")
        return value

    def master_keys(self, generated: Path | None) -> tuple[bytes, ...]:
        keys = self._keys("PORTAL_MASTER_KEYS", generated)
        if not keys:
            raise UnfitSetting(f"PORTAL_MASTER_KEYS is not set; make one with: {_HOW_TO_MAKE_A_KEY}")
        return keys

    def backup_keys(self, generated: Path | None) -> tuple[bytes, ...]:
        """None where it is not set in production: that backups are missing, `check` says."""
        return self._keys("PORTAL_BACKUP_KEY", generated)

    def folder(self, name: str) -> Path | None:
        value = self._environ.get(name, "").strip()
        return Path(value).absolute() if value else None

    def file(self, name: str) -> Path | None:
        """It need not be there yet."""
        path = self.folder(name)
        if path and os.path.isdir(path):
            raise UnfitSetting(f"{name} names {path}, which is a folder; it has to be the path of a file")
        return path

    def metrics_token(self) -> str | None:
        value = self._environ.get("PORTAL_METRICS_TOKEN", "").strip()
        if value and len(value) < _SECRET_LENGTH:
            raise UnfitSetting(f"PORTAL_METRICS_TOKEN is too weak; make one with: {_HOW_TO_MAKE_A_SECRET}")
        return value or None

    def _keys(self, name: str, generated: Path | None) -> tuple[bytes, ...]:
        value = self._environ.get(name, "").strip()
        if not value and generated:
            value = _kept(generated, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        if value.startswith("/"):
            value = _contents(name, Path(value))
        return tuple(_key(name, part) for part in value.replace(",", " ").split())

    def database_url(self, default: Path) -> str:
        """Never shown again, since it may hold a password."""
        value = self.text("PORTAL_DATABASE_URL", f"sqlite:///{quote(str(default))}")
        if value.partition("://")[0] not in _DATABASES:
            raise UnfitSetting(
                "PORTAL_DATABASE_URL has to read like postgresql://name:password@host/portal"
                " or sqlite:////var/lib/foyer/portal.db"
            )
        return value

    def base_url(self, default: str | None) -> str:
        value = self.text("PORTAL_BASE_URL", default).rstrip("/")
        parts = _parts(value)
        if not parts or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            raise UnfitSetting(
                f"PORTAL_BASE_URL is {value!r}; it has to read like https://portal.example.org"
            )
        if default is None and parts.scheme != "https":
            raise UnfitSetting("PORTAL_BASE_URL has to begin with https:// in production")
        return value

    def mail_url(self, *, required: bool) -> str | None:
        value = self._environ.get("PORTAL_MAIL_URL", "").strip()
        if not value and not required:
            return None
        parts = _parts(value)
        if not parts or parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise UnfitSetting("PORTAL_MAIL_URL has to read like smtp://name:password@mail.example.org:587")
        return value

    def redis_url(self) -> str | None:
        """Never shown again, since it may hold a password."""
        value = self._environ.get("PORTAL_REDIS_URL", "").strip()
        parts = _parts(value)
        if value and (not parts or parts.scheme not in {"redis", "rediss"} or not parts.hostname):
            raise UnfitSetting("PORTAL_REDIS_URL has to read like redis://:password@redis.example.org:6379/0")
        return value or None

    def mail_from(self, default: str) -> str:
        value = self.text("PORTAL_MAIL_FROM", default)
        try:
            return Address(addr_spec=value).addr_spec
        except (HeaderParseError, ValueError, IndexError):
            raise UnfitSetting(
                f"PORTAL_MAIL_FROM is {value!r}; it has to read like portal@example.org"
            ) from None

    def calendars_inside(self) -> tuple[str, ...]:
        named = self._environ.get("PORTAL_CALENDARS_INSIDE", "").replace(",", " ").split()
        for each in named:
            if not _HOST_OR_NETWORK.fullmatch(each) or ("/" in each and not _is_network(each)):
                raise UnfitSetting(
                    f"PORTAL_CALENDARS_INSIDE names {each!r}; it has to read like nas.local, 192.168.1.0/24"
                )
        return tuple(named)


def _with_dotenv(environ: Mapping[str, str]) -> Mapping[str, str]:
    return {key: value or "" for key, value in dotenv_values(_HOME / ".env").items()} | dict(environ)


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The generated secret in this file; made at the first start, readable by its owner alone.

    It is linked to its name when it is whole, for others who start at the same moment.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".") as file:
            file.write(make())
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()


def _parts(address: str) -> SplitResult | None:
    """What the address consists of; None if it is none."""
    try:
        parts = urlsplit(address)
        # Asked for, it is checked.
        parts.port  # noqa: B018
    except ValueError:
        return None
    return parts


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _contents(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as problem:
        raise UnfitSetting(f"{name} names {path}, which cannot be read: {problem.strerror}") from None


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES or len(set(key)) < _KEY_BYTES // 4:
        raise UnfitSetting(f"{name} is unfit; make one with: {_HOW_TO_MAKE_A_KEY}")
    return key


def _local_url(host: str, port: int) -> str:
    """Where a browser on this machine finds a portal that listens here; a wildcard is not an address."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def _mail_from(base_url: str) -> str:
    """The portal's own name; on a machine that has none, one that no mail can ever reach."""
    host = urlsplit(base_url).hostname or ""
    return f"portal@{host}" if "." in host and not host[-1].isdigit() else "portal@foyer.example"


def _cores() -> int:
    return os.cpu_count() or 1
