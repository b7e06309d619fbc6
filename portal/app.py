"""create_app: the one place that knows every feature."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Settings
from portal import (
    accounts,
    calendars,
    care,
    clients,
    consent,
    database,
    deadline,
    demo,
    diary,
    figures,
    founding,
    health,
    intake,
    jobs,
    journal,
    journey,
    mail,
    making,
    messages,
    notes,
    practice,
    privacy,
    reaching,
    reading,
    review,
    safekeeping,
    scheduling,
    schema,
    server,
    traces,
    vault,
    web,
    writing,
)
from portal.web.application import Application

_GROUND = (traces, deadline, database, schema, vault, web, jobs, journal, mail, health)
_FEATURES = (
    practice,
    care,
    accounts,
    reaching,
    notes,
    diary,
    calendars,
    reading,
    writing,
    intake,
    consent,
    scheduling,
    messages,
    making,
    safekeeping,
    founding,
    clients,
    figures,
    journey,
    review,
    privacy,
    demo,
    server,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Wire the features together. Nothing else in the portal knows all of them."""
    settings = settings or Settings.from_environment()
    app = Application(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        DEVELOPMENT=settings.development,
        INSTANCE=settings.instance,
        SECRET_KEY=settings.secret_key,
        MASTER_KEYS=settings.master_keys,
        DATABASE_URL=settings.database_url,
        BASE_URL=settings.base_url,
        LISTENS_AT=(settings.host, settings.port),
        WEB_WORKERS=settings.workers,
        REDIS_URL=settings.redis_url,
        MAIL_URL=settings.mail_url,
        MAIL_FROM=settings.mail_from,
        CALENDARS_INSIDE=settings.calendars_inside,
        TRUSTED_PROXIES=settings.trusted_proxies,
        BACKUP_KEYS=settings.backup_keys,
        BACKUPS=settings.backups or settings.instance / "backups",
        ADVISORIES=settings.advisories or settings.instance / "advisories.json",
        POSTGRES_TOOLS=settings.postgres_tools,
        METRICS_TOKEN=settings.metrics_token,
        ARGON2=(settings.argon2_passes, settings.argon2_memory_kib),
        TRUSTED_HOSTS=_hosts(settings),
        SESSION_COOKIE_NAME="__Host-foyer" if settings.secure_cookies else "foyer",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TEMPLATES_AUTO_RELOAD=False,
    )
    for part in _GROUND + _FEATURES:
        part.init_app(app)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.trusted_proxies, settings.trusted_proxies)  # type: ignore[method-assign]
    return app


def _hosts(settings: Settings) -> list[str]:
    """Under which names the portal answers: its own, and the machine's, by which its health is asked for."""
    return [urlsplit(settings.base_url).hostname or "", "localhost", "127.0.0.1", "[::1]"]
