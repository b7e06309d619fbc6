"""What a browser says of itself, in the few words by which its owner knows it. Pure."""

from __future__ import annotations

import re

# The first that fits counts: Edge also calls itself Chrome, and Chrome calls itself Safari.
_BROWSERS = (
    ("Edge", "Edg"),
    ("Opera", "OPR"),
    ("Samsung Internet", "SamsungBrowser"),
    ("Firefox", "Firefox|FxiOS"),
    ("Chrome", "Chrome|CriOS|Chromium"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("macOS", "Macintosh|Mac OS X"),
    ("ChromeOS", "CrOS"),
    ("Linux", "Linux|X11"),
)
_MOST_CHARACTERS = 500


def device_in(user_agent: str) -> str:
    """For example: Firefox on Windows. No version and no model, which would tell people apart."""
    said = user_agent[:_MOST_CHARACTERS]
    browser, system = _first(_BROWSERS, said), _first(_SYSTEMS, said)
    if browser is None:
        return f"A browser on {system}" if system else "A browser"
    return f"{browser} on {system}" if system else browser


def _first(kinds: tuple[tuple[str, str], ...], said: str) -> str | None:
    return next((name for name, sign in kinds if re.search(sign, said)), None)
