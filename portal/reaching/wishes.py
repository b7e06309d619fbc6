"""What a wish to be reached consists of, and what fits together. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum

# As people write numbers (ITU-T E.123): an optional +, digits, and what sets groups of them apart.
_NUMBER = re.compile(r"\+?[\d\s()./-]{5,40}")
_FEWEST_DIGITS = 5


class Calls(StrEnum):
    """Whether the practice may phone, and what it may leave behind if nobody answers."""

    NEVER = "never"
    NO_MESSAGE = "no-message"
    MESSAGE = "message"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a client says of being reached. Mail is never in question: without it nobody could sign in."""

    calls: Calls = Calls.NEVER
    # Empty unless they may be phoned.
    phone: str = ""
    # When it suits, whom to ask for, what not to say: in their words.
    words: str = ""

    @property
    def may_phone(self) -> bool:
        return self.calls is not Calls.NEVER


def is_number(text: str) -> bool:
    """Whether somebody could dial this."""
    return bool(_NUMBER.fullmatch(text)) and sum(each.isdigit() for each in text) >= _FEWEST_DIGITS


def packed(wish: Wish) -> str:
    """As it is sealed."""
    return json.dumps(asdict(wish))


def unpacked(text: str) -> Wish:
    """What `packed` has made."""
    said = json.loads(text)
    return Wish(calls=Calls(said["calls"]), phone=said["phone"], words=said["words"])
