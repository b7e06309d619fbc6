"""Where a visitor may be sent on to: the portal's own addresses and nothing else."""

from __future__ import annotations

import re

# What the portal's own paths and queries are made of. No backslash, blank, control character or fragment.
_PLAIN = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*", re.ASCII)
# Two slashes begin another host. A slash, backslash, control character or per cent sign that is hidden behind
# an escape is in none of our addresses, and may be unwrapped by something on the way.
_TREACHEROUS = re.compile(r"//|%(?:2f|5c|25|7f|[01][0-9a-f])", re.IGNORECASE)
_MOST_CHARACTERS = 1000


def own_address(text: str | None) -> str | None:
    """This text if it is a path on this portal, with or without a query; None if it is anything else.

    What comes back may be redirected to (ASVS 3.7.2). It is not shown to anybody.
    """
    if not text or len(text) > _MOST_CHARACTERS:
        return None
    if not _PLAIN.fullmatch(text) or _TREACHEROUS.search(text):
        return None
    return text
