"""Where the journal stood, kept outside of the database: who alters its end there cannot alter it here."""

from __future__ import annotations

import base64
import binascii
import logging
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy.orm import Session

from portal.journal.lines import Stand
from portal.journal.queries import head_of
from portal.vault.keyring import CannotBeOpened, Keyring

_log = logging.getLogger(__name__)
_NAME = "journal.anchors"
_PLACE = "journal.anchor"
# One a day is enough to know on which day something was altered; more than a year is kept.
_MOST = 500


def keep_an_anchor(db: Session, *, now: datetime) -> None:
    """Once a day, where the journal stands goes into a file of the instance and into the log."""
    stand, path, day = head_of(db).stand, _path(), f"{now:%Y-%m-%d}"
    kept = _lines(path)
    if not stand.number or (kept and kept[-1].startswith(day)):
        return
    _log.info("the journal stands at line %s, %s", stand.number, stand.hash)
    kept.append(f"{day} {_sealed(db.info['journal_keyring'], stand)}")
    whole = path.with_suffix(".new")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole.touch(mode=0o600)
    whole.write_text("\n".join(kept[-_MOST:]) + "\n")
    whole.replace(path)


def anchors(db: Session) -> list[Stand]:
    """Where the journal stood once, as far as it was kept outside of the database and can be opened."""
    found = (_opened(db.info["journal_keyring"], line[-1]) for line in map(str.split, _lines(_path())))
    kept = [stand for stand in found if stand is not None]
    return kept + [stand for more in current_app.extensions["journal_anchors"] for stand in more()]


def _sealed(keyring: Keyring, stand: Stand) -> str:
    return base64.urlsafe_b64encode(keyring.seal(f"{stand.number}:{stand.hash}".encode(), of=_PLACE)).decode()


def _opened(keyring: Keyring, text: str) -> Stand | None:
    try:
        plain = keyring.open(base64.urlsafe_b64decode(text), of=_PLACE).decode()
    except (binascii.Error, CannotBeOpened):
        return None
    number, _, last = plain.partition(":")
    return Stand(int(number), last)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _path() -> Path:
    path: Path = current_app.config["INSTANCE"] / _NAME
    return path
