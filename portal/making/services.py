"""What can be done with drafts: begun, changed, brought in, left, published. Its caller commits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.errors import NotFound, Refused
from portal.intake.fhir_options import slug
from portal.intake.giving import give
from portal.intake.models import QuestionnaireVersion
from portal.intake.queries import definitions_called
from portal.intake.questionnaire import Questionnaire
from portal.intake.services import publish
from portal.making.editing import Published, fingerprint
from portal.making.finding import Finding
from portal.making.lint import findings
from portal.making.models import LONGEST_ANSWER, AnsweredWarning, BroughtFile, QuestionnaireDraft
from portal.making.queries import brought_file, draft_called, fixed_names, names_taken
from portal.making.sheet import Judged, Sheet, judged, loaded, of_definition, stored
from portal.making.taking import taken

Change = Callable[[Sheet, Published], Sheet]
# What of a draft a page shows and changes.
Part = Callable[[Sheet], object]


class ChangedMeanwhile(Refused):
    """Somebody else has changed the same thing since the page was drawn, and said something else."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        # As it stands now.
        self.sheet = sheet


class NotFit(Refused):
    """Something has to be mended before it can be published."""


class Unanswered(Refused):
    """Warnings of these rules are to be answered, or mended."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__(", ".join(rules))
        self.rules = rules


def begin_draft(db: Session, name: str, *, by: Therapist, now: datetime) -> QuestionnaireDraft:
    """The draft that there is, else one that says what the latest version says. Raises NotFound."""
    try:
        return draft_called(db, name)
    except NotFound:
        pass
    versions = definitions_called(db, name)
    if not versions:
        raise NotFound
    number = max(versions)
    latest = versions[number]
    try:
        with db.begin_nested():
            return _new(db, name, of_definition(latest), latest.source, based_on=number, by=by, now=now)
    except IntegrityError:
        # Somebody else has begun it at the same moment.
        return draft_called(db, name)


def begin_questionnaire(
    db: Session, sheet: Sheet, *, name: str, source: str | None, by: Therapist, now: datetime
) -> QuestionnaireDraft:
    """A questionnaire of its own that begins as this draft, called `name` or the like."""
    for _ in range(2):
        free = slug(name, names_taken(db), otherwise="questions")
        try:
            with db.begin_nested():
                return _new(db, free, sheet, source, based_on=None, by=by, now=now)
        except IntegrityError:
            continue
    raise Refused


def change_draft(
    db: Session,
    name: str,
    change: Change,
    *,
    by: Therapist,
    now: datetime,
    part: Part | None = None,
    seen: str | None = None,
) -> QuestionnaireDraft:
    """Do this to the draft as it stands now; what others have changed beside it stays.

    `seen` is the fingerprint of the `part` that was shown: if it is another meanwhile, and not what it is to
    be either, nothing is changed. Raises ChangedMeanwhile, NotFound, and what `change` raises.
    """
    draft = draft_called(db, name, to_change=True)
    sheet = loaded(draft.content)
    changed = change(sheet, fixed_names(definitions_called(db, name)))
    if part is not None and fingerprint(part(sheet)) not in {seen, fingerprint(part(changed))}:
        raise ChangedMeanwhile(sheet)
    content = stored(changed)
    if content != draft.content:
        draft.content, draft.changed_at, draft.therapist_id = content, now, by.id
    return draft


def leave_draft(db: Session, name: str, *, seen: int) -> None:
    """Throw the draft away, as it was seen. Raises ChangedMeanwhile, NotFound."""
    draft = draft_called(db, name, to_change=True)
    if draft.revision != seen:
        raise ChangedMeanwhile(loaded(draft.content))
    db.delete(draft)


def publish_draft(
    db: Session,
    name: str,
    *,
    seen: int,
    answers: Mapping[str, str],
    given: bool,
    by: Therapist,
    now: datetime,
) -> QuestionnaireVersion:
    """Freeze the draft, as it was seen, as the next version; `given`: new clients are given it from now on.

    `answers` are sentences by the rules whose warnings they answer; they are kept with the version. The draft
    is gone afterwards. Raises ChangedMeanwhile, NotFit, Unanswered, NotFound.
    """
    draft = draft_called(db, name, to_change=True, with_source=True)
    sheet = loaded(draft.content)
    if draft.revision != seen:
        raise ChangedMeanwhile(sheet)
    made = judged(sheet, name=name, source=draft.source)
    found = findings(made, definitions_called(db, name))
    if made.definition is None or any(each.is_error for each in found):
        raise NotFit
    unanswered = list(dict.fromkeys(each.rule for each in found if not answers.get(each.rule)))
    if unanswered:
        raise Unanswered(unanswered)
    version = publish(db, made.definition, now=now, given=False, by=by)
    if version.published_at == now:
        _keep_answers(db, version, found, answers, by, now)
    version.retired_at = None
    if given:
        give(db, version, by=by, now=now)
    db.delete(draft)
    return version


def publish_from_file(
    db: Session, questionnaire: Questionnaire, *, why: str, by: Therapist | None, now: datetime
) -> QuestionnaireVersion:
    """Freeze this as the next version of its name, by the operator's hand, and give it to new clients.

    `why` answers whatever the lint warns of, and is kept with the version as the word of `by`; where there is
    no therapist yet, nobody's word can be kept. Raises NotFit.
    """
    known = definitions_called(db, questionnaire.name)
    # What is published already is not judged anew.
    found = [] if questionnaire in known.values() else findings(Judged([], questionnaire), known)
    if any(each.is_error for each in found):
        raise NotFit
    version = publish(db, questionnaire, now=now)
    if by is not None and version.published_at == now:
        _keep_answers(db, version, found, {each.rule: why for each in found}, by, now)
    return version


def bring_file(
    db: Session, therapist: Therapist, content: bytes, *, title: str, now: datetime
) -> BroughtFile:
    """Keep a file until its report was read, in place of one that was brought in before."""
    db.execute(delete(BroughtFile).where(BroughtFile.therapist_id == therapist.id))
    brought = BroughtFile(therapist_id=therapist.id, title=title, content=content, brought_at=now)
    db.add(brought)
    db.flush()
    return brought


def accept_file(
    db: Session,
    therapist: Therapist,
    reference: str,
    *,
    language: str | None,
    as_next_of: str | None,
    now: datetime,
) -> QuestionnaireDraft:
    """Make a draft of the file: of a questionnaire of its own, or of the next version of one that is there.

    Raises NotFound, Unusable, and DraftIsThere where the questionnaire has a draft already.
    """
    brought = brought_file(db, therapist, reference)
    made = taken(brought.content, otherwise=brought.title, language=language)
    db.delete(brought)
    if as_next_of is None:
        return begin_questionnaire(db, made.sheet, name=made.name, source=made.source, by=therapist, now=now)
    versions = definitions_called(db, as_next_of)
    if not versions:
        raise NotFound
    try:
        with db.begin_nested():
            return _new(
                db, as_next_of, made.sheet, made.source, based_on=max(versions), by=therapist, now=now
            )
    except IntegrityError:
        raise DraftIsThere from None


class DraftIsThere(Refused):
    """This questionnaire has a draft already, which is not overwritten."""


def refuse_file(db: Session, therapist: Therapist, reference: str) -> None:
    """Forget a file that nobody wants. Raises NotFound."""
    db.delete(brought_file(db, therapist, reference))


def _new(
    db: Session,
    name: str,
    sheet: Sheet,
    source: str | None,
    *,
    based_on: int | None,
    by: Therapist,
    now: datetime,
) -> QuestionnaireDraft:
    draft = QuestionnaireDraft(
        name=name,
        content=stored(sheet),
        source=source,
        based_on=based_on,
        begun_at=now,
        changed_at=now,
        therapist=by,
    )
    db.add(draft)
    db.flush()
    return draft


def _keep_answers(
    db: Session,
    version: QuestionnaireVersion,
    found: Sequence[Finding],
    answers: Mapping[str, str],
    by: Therapist,
    now: datetime,
) -> None:
    db.add_all(
        AnsweredWarning(
            version_id=version.id,
            rule=each.rule,
            link_id=each.link_id,
            words=each.words,
            answer=answers[each.rule][:LONGEST_ANSWER],
            therapist_id=by.id,
            answered_at=now,
        )
        for each in found
    )
