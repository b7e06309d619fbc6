"""The development mailbox: a folder of messages, each a file as it would have travelled."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from portal.errors import NotFound
from portal.mail.models import OutgoingEmail

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{1,40}")
_WRITTEN = "%Y%m%d-%H%M%S-%f"


@dataclass(frozen=True)
class Kept:
    """A message that lies in the mailbox. `name` says when it was written, and whose it is to nobody."""

    name: str
    message: EmailMessage

    @property
    def written_at(self) -> datetime:
        return datetime.strptime(self.name.rpartition("-")[0], _WRITTEN).replace(tzinfo=UTC)

    @property
    def text(self) -> str:
        return next((_content(part) for part in self.message.walk() if _is(part, "text/plain")), "")

    @property
    def calendar(self) -> str:
        return next((_content(part) for part in self.message.walk() if _is(part, "text/calendar")), "")


def keep(instance: Path, email: OutgoingEmail, message: EmailMessage) -> None:
    """Lay the message into the mailbox, whole or not at all; a second attempt replaces the first."""
    folder = _folder(instance)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{email.written_at.astimezone(UTC):{_WRITTEN}}-{email.reference}"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(message.as_bytes())
    os.replace(file.name, folder / f"{name}.eml")


def newest(instance: Path, *, most: int = 200) -> Iterator[Kept]:
    """What lies in the mailbox, newest first."""
    names = sorted((path.stem for path in _folder(instance).glob("*.eml")), reverse=True)
    return (_read(instance, name) for name in names[:most] if _NAME.fullmatch(name))


def kept(instance: Path, name: str) -> Kept:
    """The message of this name. Raises NotFound, also for whatever is not the name of a message."""
    if not _NAME.fullmatch(name) or not (_folder(instance) / f"{name}.eml").is_file():
        raise NotFound
    return _read(instance, name)


def _read(instance: Path, name: str) -> Kept:
    source = (_folder(instance) / f"{name}.eml").read_bytes()
    return Kept(name, message_from_bytes(source, policy=default))


def _folder(instance: Path) -> Path:
    return instance / "mail"


def _is(part: EmailMessage, kind: str) -> bool:
    return part.get_content_type() == kind


def _content(part: EmailMessage) -> str:
    return "\n".join(part.get_content().splitlines())
