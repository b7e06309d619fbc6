"""Which version new clients are given, and which questionnaires nobody begins any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.errors import NotFound, Refused
from portal.intake.models import GivenVersion, QuestionnaireVersion
from portal.intake.queries import given_version_id
from portal.journal.lines import Hand, What
from portal.journal.noting import Somebody, note


class IsRetired(Refused):
    """Nobody can be given a questionnaire that was retired."""


class IsGiven(Refused):
    """New clients are given this questionnaire; first they have to be given another, or none."""


def give(
    db: Session, version: QuestionnaireVersion | None, *, by: Therapist | None, now: datetime
) -> GivenVersion:
    """From now on who begins is given this version, or no questions. Who has begun stays where they are.

    Raises IsRetired. Giving what is given already says nothing new.
    """
    if version is not None and _locked(db, version.name)[version.id].retired_at is not None:
        raise IsRetired
    latest = db.scalar(select(GivenVersion).order_by(GivenVersion.id.desc()).limit(1))
    version_id = version.id if version else None
    if latest is not None and latest.version_id == version_id:
        return latest
    given = GivenVersion(version_id=version_id, given_at=now, therapist_id=by.id if by else None)
    db.add(given)
    db.flush()
    subject = f"{version.name}/{version.number}" if version else None
    note(db, What.QUESTIONNAIRE_GIVEN, by=by or Hand.OPERATOR, subject=subject)
    return given


def retire(db: Session, name: str, *, by: Somebody | Hand, now: datetime) -> None:
    """Nobody is given any version of this questionnaire any more. Raises IsGiven, NotFound for no version."""
    versions = _locked(db, name)
    if given_version_id(db) in versions:
        raise IsGiven
    for version in versions.values():
        version.retired_at = version.retired_at or now
    note(db, What.QUESTIONNAIRE_RETIRED, by=by, subject=name)


def bring_back(db: Session, name: str, *, by: Somebody | Hand) -> None:
    """It can be given again. Raises NotFound for no version."""
    for version in _locked(db, name).values():
        version.retired_at = None
    note(db, What.QUESTIONNAIRE_BROUGHT_BACK, by=by, subject=name)


def _locked(db: Session, name: str) -> dict[int, QuestionnaireVersion]:
    """All versions of this name by their ids; who gives one and who retires them wait for one another."""
    versions = db.scalars(
        select(QuestionnaireVersion)
        .where(QuestionnaireVersion.name == name)
        .order_by(QuestionnaireVersion.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not versions:
        raise NotFound
    return {version.id: version for version in versions}
