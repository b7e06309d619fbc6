"""A draft with all that there is to say of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.intake.queries import definitions_called
from portal.intake.questionnaire import Questionnaire
from portal.making.finding import Finding
from portal.making.lint import findings
from portal.making.models import QuestionnaireDraft
from portal.making.queries import draft_called
from portal.making.sheet import Judged, Sheet, judged, loaded


@dataclass(frozen=True)
class Look:
    """A draft with all that there is to say of it."""

    draft: QuestionnaireDraft
    sheet: Sheet
    judged: Judged
    findings: list[Finding]
    published: dict[int, Questionnaire]

    def at(self, link_id: str | None) -> list[Finding]:
        return [each for each in self.findings if each.link_id == link_id]

    @property
    def errors(self) -> list[Finding]:
        return [each for each in self.findings if each.is_error]

    @property
    def warnings(self) -> list[Finding]:
        return [each for each in self.findings if not each.is_error]


def look_at(db: Session, name: str) -> Look:
    """Raises NotFound."""
    draft = draft_called(db, name, with_source=True)
    sheet, published = loaded(draft.content), definitions_called(db, name)
    made = judged(sheet, name=name, source=draft.source)
    return Look(draft, sheet, made, findings(made, published), published)
