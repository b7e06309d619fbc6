"""Who was invited and has not come yet, found as clients are found: they have no row of a client's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.invitations import Shown, invitations_not_taken_up
from portal.accounts.models import Therapist
from portal.clients.queries import PAGE
from portal.clients.spelling import asked_for, beginnings
from portal.clients.wanted import Order, Wanted

# They are forgotten after some months, so there is an end to them. Their names lie under lock, and are looked
# through here.
MOST_LOOKED_THROUGH = 500


@dataclass(frozen=True, kw_only=True)
class InvitedPage:
    """Fifty invitations at most, and whether there are more behind the last."""

    listed: Sequence[Shown]
    goes_on: bool


def invited_page_of(
    db: Session,
    therapist: Therapist,
    wanted: Wanted,
    *,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> InvitedPage:
    """What the therapist wants to see of them, in two queries; its days are moments, as for `page_of`."""
    every = invitations_not_taken_up(db, therapist, most=MOST_LOOKED_THROUGH, now=now)
    found = [each for each in every if _is_sought(each, wanted.typed) and _is_of(each, since, until)]
    if wanted.sorted_by is Order.ADDRESS:
        found.sort(key=lambda each: each.email)
    rest = _behind(found[::-1] if wanted.reversed else found, wanted)
    return InvitedPage(listed=rest[:PAGE], goes_on=len(rest) > PAGE)


def _is_sought(invitation: Shown, typed: str) -> bool:
    if not typed:
        return True
    sought, theirs = asked_for(typed), beginnings(invitation.name, invitation.email)
    return bool(sought) and all(word & theirs for word in sought)


def _is_of(invitation: Shown, since: datetime | None, until: datetime | None) -> bool:
    at = invitation.mailed_at
    return (since is None or since <= at) and (until is None or at < until)


def _behind(found: Sequence[Shown], wanted: Wanted) -> Sequence[Shown]:
    if wanted.after is None:
        return found
    references = [each.reference for each in found]
    if wanted.after.reference not in references:
        return []
    return found[references.index(wanted.after.reference) + 1 :]
