"""Where somebody who leaves in a hurry is taken. Pure."""

from __future__ import annotations

# Known everywhere, quick to open, at home on any screen, and silent about where its visitor came from.
NEUTRAL_SITE = "https://www.wikipedia.org/"
