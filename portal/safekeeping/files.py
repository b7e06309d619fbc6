"""Files of the portal's own: whole or not there, and nobody's to read but their owner's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replaced_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write; it takes the place of what is there once it is complete and on the disk."""
    folder_for_us(path.parent)
    new = path.with_name(f".{path.name}.new")
    try:
        with open(new, "wb", opener=_for_us) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _settle(path.parent)
    finally:
        new.unlink(missing_ok=True)


def folder_for_us(folder: Path) -> None:
    """Have the folder, and none of those that had to be made for it open to others."""
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def _for_us(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_TRUNC, 0o600)


def _settle(folder: Path) -> None:
    """The name, too, is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
