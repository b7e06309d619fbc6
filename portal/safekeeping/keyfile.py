"""The data keys of a practice, in a small file of their own that is replaced and never collected.

No backup holds a data key. To read one, this file is needed as it is now: a key that was destroyed since is
not in it, so the words sealed with it are noise in every backup, also in those made long before (P1).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.safekeeping.files import replaced_whole
from portal.vault.keyring import Keyring
from portal.vault.models import DataKey

_NAME = "data.keys"
_MAGIC = b"foyer keys 1\n"
_PLACE = "backup.keys"


class NoKeyFile(Exception):
    """There is none, or it is not one of ours."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What the file holds."""

    written_at: datetime
    # By the key's reference, sealed with the practice's master key.
    sealed: dict[str, bytes]


def path_in(folder: Path) -> Path:
    return folder / _NAME


def write_keys(db: Session, folder: Path, keyring: Keyring, *, now: datetime) -> int:
    """Replace the file by the keys as they are now; how many there are. Those before are gone with it."""
    found = db.execute(
        select(DataKey.reference, DataKey.sealed_key)
        .where(DataKey.destroyed_at.is_(None))
        .order_by(DataKey.id)
    ).all()
    said = {
        "written_at": now.isoformat(),
        "sealed": {reference: base64.b64encode(sealed).decode() for reference, sealed in found},
    }
    with replaced_whole(path_in(folder)) as file:
        file.write(_MAGIC + keyring.seal(json.dumps(said).encode(), of=_PLACE))
    return len(found)


def keys_in(path: Path, keyring: Keyring) -> Keys:
    """Raises NoKeyFile, and keyring.CannotBeOpened for one that another key sealed."""
    if not path.is_file():
        raise NoKeyFile
    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        raise NoKeyFile
    said: dict[str, Any] = json.loads(keyring.open(content[len(_MAGIC) :], of=_PLACE))
    return Keys(
        written_at=datetime.fromisoformat(said["written_at"]),
        sealed={reference: base64.b64decode(sealed) for reference, sealed in said["sealed"].items()},
    )


def missing_from(keys: Keys, needed: Sequence[Sequence[Any]]) -> list[str]:
    """Of the data keys that a manifest names, the references of those that are gone by now."""
    return [reference for _, reference, *_ in needed if reference not in keys.sealed]
