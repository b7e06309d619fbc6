"""Holding a diary while something is said of it, and noting for those who wait what this opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Therapist
from portal.accounts.queries import take_turns
from portal.diary.clocks import moment_of
from portal.diary.hours import opened
from portal.diary.models import Diary
from portal.diary.queries import CHANGED_HERE, rules_of
from portal.errors import Overtaken
from portal.journal.lines import What
from portal.journal.noting import note
from portal.waiting.queries import anybody_waits
from portal.waiting.services import Opened, note_opened

# Counted by the database: whoever changes it at the same time gets another number.
_OTHER_NOW = (
    update(Therapist)
    .where(Therapist.id == bindparam("therapist_id"))
    .values(diary_state=Therapist.diary_state + 1)
    .execution_options(synchronize_session=False)
)


@contextmanager
def changing(db: Session, therapist: Therapist, *, now: datetime, seen: int | None = None) -> Iterator[Diary]:
    """The diary to change; what this opens is noted for those who wait. Raises Overtaken."""
    diary = diary_to_change(db, therapist, seen=seen)
    before = rules_of(db, therapist.id) if anybody_waits(db, therapist.id) else None
    yield diary
    if before is not None:
        db.flush()
        after = rules_of(db, therapist.id)
        found = opened(before, after, now=now)
        stretches = [
            Opened(moment_of(begins), moment_of(ends), kinds) for (begins, ends), kinds in found.items()
        ]
        note_opened(db, therapist.id, stretches, now=now)


def diary_to_change(db: Session, therapist: Therapist, *, seen: int | None = None) -> Diary:
    """The diary as it is now, with the therapist's row held; its version goes up. Raises Overtaken."""
    take_turns(db, therapist.id)
    db.info[CHANGED_HERE] = True
    db.execute(_OTHER_NOW, {"therapist_id": therapist.id})
    diary = db.get(Diary, therapist.id, populate_existing=True)
    if seen is not None and seen != (diary.version if diary else 0):
        raise Overtaken
    if diary is None:
        diary = Diary(therapist_id=therapist.id)
        db.add(diary)
        db.flush()
    else:
        # Hours and kinds stand in rows of their own.
        flag_modified(diary, "rest")
    note(db, What.DIARY_CHANGED, by=therapist)
    return diary
