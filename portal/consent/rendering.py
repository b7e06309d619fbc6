"""What has changed between two versions of a text, as parts of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.consent.models import ConsentVersion
from portal.consent.wording import changes
from portal.reading.rendering import unnamed


@dataclass(frozen=True)
class ChangeShown:
    """One paragraph as it was and as it is; None where there is none."""

    before: Markup | None
    now: Markup | None


def changes_shown(before: ConsentVersion | None, now: ConsentVersion) -> Sequence[ChangeShown]:
    """What is otherwise in the later text, in its order; nothing if there was none before."""
    if before is None:
        return []
    found = changes((before.title, before.markdown), (now.title, now.markdown))
    return [ChangeShown(_rendered(each.before), _rendered(each.now)) for each in found]


def _rendered(markdown: str | None) -> Markup | None:
    return None if markdown is None else unnamed(markdown)
