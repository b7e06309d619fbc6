"""What somebody posted that could not be taken: shown to them again, or sealed until they can send it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from werkzeug.datastructures import MultiDict

from portal.vault.keyring import CannotBeOpened, Keyring
from portal.web.own_address import own_address

# How long sealed fields can be opened, in a page that was left open.
KEPT_FOR = timedelta(days=7)
# What is sealed goes back in one field of a form, and that form has to fit through the doors.
_MOST_CHARACTERS = 400_000
# Never kept and never shown, whatever the rest of the field's name.
_SECRET = ("password", "token", "step_code", "credential")
# What a page writes into its own form. Everything else in it somebody wrote or chose.
_OF_THE_PAGE = frozenset(
    ["asked", "asked_on", "based_on", "clash", "code", "depth", "join", "keep", "kept", "next", "own_device"]
    + ["page", "seen", "starts_at", "time_zone", "to", "turn", "upto", "version", "way", "what", "zone"]
)


class KeptNoLonger(Exception):
    """Sealed for somebody else, altered, too old, or too long to be sealed."""


@dataclass(frozen=True)
class Kept:
    """A form as it was posted, without its secrets: to which address of ours, and its fields in order."""

    address: str
    fields: tuple[tuple[str, str], ...]

    @property
    def words(self) -> list[str]:
        """What somebody wrote or chose in it, for their own eyes."""
        return [text for name, text in self.fields if _own(name) not in _OF_THE_PAGE and text.strip()]


def posted_here() -> Kept:
    """What this request posts. Only once the doors have let it in."""
    form: MultiDict[str, str] = request.form
    fields = [(name, text) for name, text in form.items(multi=True) if not _is_secret(name)]
    return Kept(request.full_path.rstrip("?"), tuple(fields))


def words_posted() -> list[str]:
    """What somebody wrote or chose in what this request posts; nothing of a request that only asks."""
    return posted_here().words if request.method == "POST" else []


def sealed(kept: Kept, keyring: Keyring, *, whose: str, now: datetime) -> str:
    """As text for a hidden field, which opens for nobody but `whose`. Raises KeptNoLonger if too long."""
    plain = json.dumps({"at": now.isoformat(), "address": kept.address, "fields": kept.fields})
    text = base64.urlsafe_b64encode(keyring.seal(plain.encode(), of=_place(whose))).decode()
    if len(text) > _MOST_CHARACTERS or own_address(kept.address) is None:
        raise KeptNoLonger
    return text


def opened(text: str, keyring: Keyring, *, whose: str, now: datetime) -> Kept:
    """What was sealed for this person. Raises KeptNoLonger."""
    try:
        plain = json.loads(keyring.open(base64.urlsafe_b64decode(text.encode()), of=_place(whose)))
    except (binascii.Error, CannotBeOpened) as problem:
        raise KeptNoLonger from problem
    if now - datetime.fromisoformat(plain["at"]) > KEPT_FOR:
        raise KeptNoLonger
    return Kept(plain["address"], tuple((name, value) for name, value in plain["fields"]))


def _is_secret(name: str) -> bool:
    return any(part in _own(name).lower() for part in _SECRET)


def _own(name: str) -> str:
    """The field's own name, where a page has several forms, each with a name before those of its fields."""
    return name.rpartition(".")[2]


def _place(whose: str) -> str:
    return f"kept.fields:{whose}"
