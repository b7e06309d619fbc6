"""The practice's questionnaires: drafts, versions, which one is given, and what was brought in from files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, load_only, undefer

from portal.accounts.models import Therapist
from portal.errors import NotFound
from portal.intake.models import GivenVersion, Intake, QuestionnaireVersion
from portal.intake.questionnaire import OneOf, Questionnaire, SeveralOf
from portal.making.models import AnsweredWarning, BroughtFile, QuestionnaireDraft


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """One version, and how many clients are on it."""

    number: int
    published_at: datetime
    retired_at: datetime | None
    is_given: bool
    begun: int = 0
    sent: int = 0


@dataclass(kw_only=True)
class Shown:
    """One questionnaire of the practice: its versions, the latest first, and the draft of the next."""

    name: str
    title: str
    versions: list[VersionLine] = field(default_factory=list)
    draft: QuestionnaireDraft | None = None

    @property
    def latest(self) -> VersionLine | None:
        return self.versions[0] if self.versions else None

    @property
    def given(self) -> VersionLine | None:
        return next((each for each in self.versions if each.is_given), None)

    @property
    def is_retired(self) -> bool:
        return self.latest is not None and self.latest.retired_at is not None


@dataclass(frozen=True, kw_only=True)
class Given:
    """What new clients are given now; without a name, that they are given nothing."""

    name: str | None
    number: int | None
    given_at: datetime
    by: str | None


_BEGUN = func.count(Intake.id).filter(Intake.sent_at.is_(None))
_SENT = func.count(Intake.sent_at)


def questionnaires(db: Session) -> list[Shown]:
    """All there are, those with a draft too, by their titles; four queries however many there are."""
    versions, titles, shown = _lines(db), _titles(db), dict[str, Shown]()
    for name, line in versions:
        one = shown.setdefault(name, Shown(name=name, title=titles[name]))
        one.versions.append(line)
    for draft in db.scalars(_DRAFTS).unique():
        one = shown.setdefault(draft.name, Shown(name=draft.name, title=""))
        one.draft = draft
        one.title = one.title or json.loads(draft.content)["title"] or "Without a title"
    return sorted(shown.values(), key=lambda each: (each.is_retired, each.title.lower(), each.name))


def questionnaire_called(db: Session, name: str) -> Shown:
    """Raises NotFound."""
    for each in questionnaires(db):
        if each.name == name:
            return each
    raise NotFound


def given_now(db: Session) -> Given | None:
    """None where it was never said."""
    row = db.execute(
        select(QuestionnaireVersion.name, QuestionnaireVersion.number, GivenVersion.given_at, Therapist.name)
        .select_from(GivenVersion)
        .outerjoin(QuestionnaireVersion, QuestionnaireVersion.id == GivenVersion.version_id)
        .outerjoin(Therapist, Therapist.id == GivenVersion.therapist_id)
        .order_by(GivenVersion.id.desc())
        .limit(1)
    ).first()
    return Given(name=row[0], number=row[1], given_at=row[2], by=row[3]) if row else None


def draft_called(
    db: Session, name: str, *, to_change: bool = False, with_source: bool = False
) -> QuestionnaireDraft:
    """The draft of this questionnaire, and who changed it last. Raises NotFound.

    `to_change` keeps others from changing it until the transaction ends.
    """
    wanted = _DRAFTS.where(QuestionnaireDraft.name == name).execution_options(populate_existing=True)
    if to_change:
        wanted = wanted.with_for_update(of=QuestionnaireDraft)
    if with_source:
        wanted = wanted.options(undefer(QuestionnaireDraft.source))
    draft = db.scalar(wanted)
    if draft is None:
        raise NotFound
    return draft


def has_draft(db: Session, name: str) -> bool:
    return db.scalar(select(QuestionnaireDraft.id).where(QuestionnaireDraft.name == name)) is not None


def names_taken(db: Session) -> set[str]:
    """By versions and drafts."""
    names = select(QuestionnaireVersion.name).union(select(QuestionnaireDraft.name))
    return set(db.scalars(names))


def fixed_names(published: Mapping[int, Questionnaire]) -> dict[str, frozenset[str]]:
    """What can be renamed no more: the link_ids of all versions, each with the codes of its options."""
    fixed: dict[str, frozenset[str]] = {}
    for questionnaire in published.values():
        for part in questionnaire.items:
            codes = part.labels if isinstance(part, OneOf | SeveralOf) else ()
            fixed[part.link_id] = fixed.get(part.link_id, frozenset()).union(codes)
    return fixed


def answered_warnings(db: Session, name: str, number: int) -> Sequence[AnsweredWarning]:
    """Of one version, each with who answered it."""
    return db.scalars(
        select(AnsweredWarning)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == AnsweredWarning.version_id)
        .join(AnsweredWarning.therapist)
        .where(QuestionnaireVersion.name == name, QuestionnaireVersion.number == number)
        .order_by(AnsweredWarning.id)
        .options(contains_eager(AnsweredWarning.therapist))
    ).all()


def earlier_answers(db: Session, name: str) -> dict[str, str]:
    """By their rules, the sentences with which warnings of the latest version were answered."""
    latest = (
        select(func.max(AnsweredWarning.version_id))
        .join(QuestionnaireVersion, QuestionnaireVersion.id == AnsweredWarning.version_id)
        .where(QuestionnaireVersion.name == name)
        .scalar_subquery()
    )
    found = db.execute(
        select(AnsweredWarning.rule, AnsweredWarning.answer).where(AnsweredWarning.version_id == latest)
    )
    return {rule: str(answer) for rule, answer in found}


def brought_file(db: Session, therapist: Therapist, reference: str) -> BroughtFile:
    """Raises NotFound, for another's too."""
    found = db.scalar(
        select(BroughtFile).where(
            BroughtFile.reference == reference, BroughtFile.therapist_id == therapist.id
        )
    )
    if found is None:
        raise NotFound
    return found


_DRAFTS = (
    select(QuestionnaireDraft)
    .join(QuestionnaireDraft.therapist)
    .options(
        contains_eager(QuestionnaireDraft.therapist).options(load_only(Therapist.name)),
    )
)


def _lines(db: Session) -> list[tuple[str, VersionLine]]:
    """Every version with its name, the latest of each first."""
    given = select(GivenVersion.version_id).order_by(GivenVersion.id.desc()).limit(1).scalar_subquery()
    found = db.execute(
        select(
            QuestionnaireVersion.name,
            QuestionnaireVersion.number,
            QuestionnaireVersion.published_at,
            QuestionnaireVersion.retired_at,
            QuestionnaireVersion.id == given,
            _BEGUN,
            _SENT,
        )
        .outerjoin(Intake, Intake.version_id == QuestionnaireVersion.id)
        .group_by(QuestionnaireVersion.id)
        .order_by(QuestionnaireVersion.name, QuestionnaireVersion.number.desc())
    )
    return [
        (
            name,
            VersionLine(
                number=number,
                published_at=published_at,
                retired_at=retired_at,
                is_given=bool(is_given),
                begun=begun,
                sent=sent,
            ),
        )
        for name, number, published_at, retired_at, is_given, begun, sent in found
    ]


def _titles(db: Session) -> dict[str, str]:
    """The latest version's title of each name."""
    latest = select(func.max(QuestionnaireVersion.id)).group_by(QuestionnaireVersion.name)
    found = db.execute(
        select(QuestionnaireVersion.name, QuestionnaireVersion.definition).where(
            QuestionnaireVersion.id.in_(latest)
        )
    )
    return {name: json.loads(definition)["title"] for name, definition in found}
