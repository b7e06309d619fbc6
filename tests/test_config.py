"""Settings are read once, and an unfit one stops the start with one line that says how to mend it."""

from __future__ import annotations

import base64
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import config
from config import Environment, Settings, UnfitSetting

KEYS = [base64.urlsafe_b64encode(bytes(range(start, start + 32))).decode() for start in (0, 32)]
PRODUCTION = {
    "PORTAL_ENV": "production",
    "PORTAL_SECRET_KEY": "eX4mpl3-0nly-for-tests-0f-th3-s3ttings",
    "PORTAL_MASTER_KEYS": KEYS[0],
    "PORTAL_BASE_URL": "https://portal.example.org",
    "PORTAL_MAIL_URL": "smtp://name:password@mail.example.org:587",
}


def read(tmp_path, without=(), **settings):
    environ = PRODUCTION | {"PORTAL_INSTANCE": str(tmp_path / "instance")} | settings
    return Settings.from_environment({key: value for key, value in environ.items() if key not in without})


def developers(tmp_path, **settings):
    return Settings.from_environment({"PORTAL_INSTANCE": str(tmp_path / "instance")} | settings)


def refusal(tmp_path, without=(), **settings):
    with pytest.raises(UnfitSetting) as unfit:
        read(tmp_path, without, **settings)
    assert "\n" not in unfit.value.message
    return unfit.value.message


def test_every_setting_is_read(tmp_path):
    settings = read(
        tmp_path,
        PORTAL_DATABASE_URL="postgresql://portal@db/portal",
        PORTAL_MASTER_KEYS=f"{KEYS[1]}, {KEYS[0]}",
        PORTAL_MAIL_FROM="hello@example.org",
        PORTAL_HOST="0.0.0.0",
        PORTAL_PORT="9000",
        PORTAL_WORKERS="3",
        PORTAL_TRUSTED_PROXIES="1",
        PORTAL_ADVISORIES=str(tmp_path / "advisories.json"),
    )

    assert settings == Settings(
        env=Environment.PRODUCTION,
        instance=tmp_path / "instance",
        database_url="postgresql://portal@db/portal",
        secret_key=PRODUCTION["PORTAL_SECRET_KEY"],
        master_keys=(bytes(range(32, 64)), bytes(range(32))),
        base_url="https://portal.example.org",
        mail_url="smtp://name:password@mail.example.org:587",
        mail_from="hello@example.org",
        host="0.0.0.0",
        port=9000,
        workers=3,
        trusted_proxies=1,
        advisories=tmp_path / "advisories.json",
    )


def test_what_production_need_not_say_has_a_safe_default(tmp_path):
    settings = read(tmp_path)

    assert settings.database_url == f"sqlite:///{tmp_path}/instance/portal.db"
    assert settings.mail_from == "portal@portal.example.org"
    assert (settings.host, settings.port, settings.trusted_proxies) == ("127.0.0.1", 8000, 0)
    assert settings.workers == os.cpu_count()
    assert settings.secure_cookies
    assert not (tmp_path / "instance").exists()


def test_a_developer_need_not_say_anything(tmp_path):
    settings = developers(tmp_path)

    assert settings.development
    assert settings.base_url == "http://127.0.0.1:8000"
    assert (settings.mail_url, settings.mail_from, settings.workers) == (None, "portal@foyer.example", 1)
    assert not settings.secure_cookies


def test_generated_keys_are_kept_and_nobody_else_may_read_them(tmp_path):
    first, second = developers(tmp_path), developers(tmp_path)

    assert (first.secret_key, first.master_keys) == (second.secret_key, second.master_keys)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "instance").iterdir()}
    assert modes == {"secret.key": 0o600, "master.key": 0o600, "backup.key": 0o600}
    assert stat.S_IMODE((tmp_path / "instance").stat().st_mode) == 0o700


def test_every_copy_generates_keys_of_its_own(tmp_path):
    one, other = developers(tmp_path / "one"), developers(tmp_path / "other")

    assert one.secret_key != other.secret_key
    assert one.master_keys != other.master_keys


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"PORTAL_ENV"}))
def test_production_refuses_to_start_without(tmp_path, name):
    assert name in refusal(tmp_path, without=[name])
    assert name in refusal(tmp_path, **{name: "  "})


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("PORTAL_SECRET_KEY", "hunter2"),
        ("PORTAL_SECRET_KEY", "a" * 64),
        ("PORTAL_SECRET_KEY", "abcabcabc" * 8),
        ("PORTAL_MASTER_KEYS", "not base64"),
        ("PORTAL_MASTER_KEYS", base64.urlsafe_b64encode(b"too short").decode()),
        ("PORTAL_MASTER_KEYS", base64.urlsafe_b64encode(bytes(32)).decode()),
        ("PORTAL_MASTER_KEYS", f"{KEYS[0]},{KEYS[0][:-8]}"),
    ],
)
def test_a_weak_secret_is_refused_with_the_command_that_makes_a_good_one(tmp_path, name, weak):
    message = refusal(tmp_path, **{name: weak})

    assert name in message
    assert weak not in message
    made = subprocess.run(
        [sys.executable, *shlex.split(message.partition("make one with: ")[2])[1:]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read(tmp_path, **{name: made.stdout})


def test_master_keys_may_lie_in_a_file(tmp_path):
    (tmp_path / "keys").write_text(f"{KEYS[1]}\n{KEYS[0]}\n")

    settings = read(tmp_path, PORTAL_MASTER_KEYS=str(tmp_path / "keys"))
    assert settings.master_keys == (bytes(range(32, 64)), bytes(range(32)))
    assert "cannot be read" in refusal(tmp_path, PORTAL_MASTER_KEYS=str(tmp_path / "no keys"))


@pytest.mark.parametrize(
    ("name", "unfit"),
    [
        ("PORTAL_ENV", "staging"),
        ("PORTAL_DATABASE_URL", "mysql://portal:hush@db/portal"),
        ("PORTAL_DATABASE_URL", "portal.db"),
        ("PORTAL_BASE_URL", "http://portal.example.org"),
        ("PORTAL_BASE_URL", "portal.example.org"),
        ("PORTAL_BASE_URL", "https://portal.example.org/foyer"),
        ("PORTAL_BASE_URL", "https://"),
        ("PORTAL_BASE_URL", "https://[portal"),
        ("PORTAL_BASE_URL", "https://portal.example.org:port"),
        ("PORTAL_MAIL_URL", "mail.example.org"),
        ("PORTAL_MAIL_URL", "https://mail.example.org"),
        ("PORTAL_MAIL_URL", "smtp://name:hush@mail.example.org:port"),
        ("PORTAL_MAIL_FROM", "portal"),
        ("PORTAL_MAIL_FROM", "portal@example.org, other@example.org"),
        ("PORTAL_MAIL_FROM", "portal@example.org\r\nBcc: other@example.org"),
        ("PORTAL_PORT", "0"),
        ("PORTAL_PORT", "65536"),
        ("PORTAL_PORT", "http"),
        ("PORTAL_WORKERS", "0"),
        ("PORTAL_WORKERS", "-1"),
        ("PORTAL_TRUSTED_PROXIES", "many"),
        ("PORTAL_ADVISORIES", str(config.ROOT)),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, name, unfit):
    message = refusal(tmp_path, **{name: unfit})

    assert name in message
    assert "hush" not in message


def test_an_instance_folder_may_be_called_anything(tmp_path):
    settings = developers(tmp_path, PORTAL_INSTANCE=str(tmp_path / "100% mine?"))

    assert settings.database_url == f"sqlite:///{tmp_path}/100%25%20mine%3F/portal.db"


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_a_developer_s_portal_is_found_where_it_listens(tmp_path, host, base_url):
    assert developers(tmp_path, PORTAL_HOST=host).base_url == base_url


def test_secrets_are_not_shown_with_the_rest(tmp_path):
    shown = repr(read(tmp_path, PORTAL_DATABASE_URL="postgresql://portal:hush@db/portal"))

    assert "portal.example.org" in shown
    for secret in (PRODUCTION["PORTAL_SECRET_KEY"], "password", "hush", str(bytes(range(32)))[2:20]):
        assert secret not in shown


def test_a_dotenv_file_says_what_the_environment_does_not(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text('PORTAL_PORT=9100\nPORTAL_HOST="localhost"\n')
    monkeypatch.setattr(config, "_HOME", tmp_path)
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("PORTAL_HOST", "127.0.0.2")
    monkeypatch.delenv("PORTAL_PORT", raising=False)

    settings = Settings.from_environment()
    assert (settings.port, settings.host) == (9100, "127.0.0.2")


def test_nothing_else_reads_the_environment():
    readers = {
        path.relative_to(config.ROOT)
        for path in (config.ROOT / "portal").rglob("*.py")
        if any(word in path.read_text() for word in ("os.environ", "getenv", "PORTAL_ENV"))
    }

    # One names a setting to whoever has to set it, one looks for PostgreSQL's own programs.
    assert readers == {Path("portal/safekeeping/checking.py"), Path("portal/safekeeping/postgresql.py")}
