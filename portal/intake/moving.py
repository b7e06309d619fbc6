"""What becomes of a client's answers when they move to a newer version of the questions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.intake.changes import Aspect, Changes, PartChange, changes_between
from portal.intake.questionnaire import Addition, Question, Questionnaire, Value
from portal.intake.replies import AnswerState, Reply, Unreadable, each_of, read, typed_as


class Fate(StrEnum):
    """Nothing is ever thrown away: what does not come along is kept, and shown to the client."""

    # It is what it was.
    ALONG = "along"
    # Its question is asked in another way, so the client is asked again.
    ANEW = "anew"
    # There is no such question any more.
    LEFT = "left"


@dataclass(frozen=True, kw_only=True)
class Moving:
    """The list of what has changed, and the fate of everything that was said."""

    changes: Changes
    fates: Mapping[str, Fate]

    @property
    def same(self) -> int:
        """How many questions are asked as they were."""
        return sum(
            isinstance(each.new, Question) and each.old is not None and not each.shows
            for each in self.changes.parts
        )

    def having(self, fate: Fate) -> list[str]:
        return [link_id for link_id, each in self.fates.items() if each is fate]


def moving(old: Questionnaire, new: Questionnaire, replies: Mapping[str, Reply]) -> Moving:
    """What became of the questions, and of the replies to them."""
    changes = changes_between(old, new)
    fates = {
        change.link_id: fate_of(change, replies[change.link_id])
        for change in changes.parts
        if change.link_id in replies
    }
    return Moving(changes=changes, fates=fates)


def fate_of(change: PartChange, reply: Reply) -> Fate:
    """A way round comes along to wherever its question is; an answer, if it still says what it said."""
    question = change.new
    if isinstance(question, Addition):
        return Fate.ALONG
    if not isinstance(question, Question) or not question.asked:
        return Fate.LEFT
    if reply.state is not AnswerState.ANSWERED and reply.value is None:
        return Fate.ALONG
    asked_otherwise = {Aspect.KIND, Aspect.WORDING} & set(change.aspects)
    if asked_otherwise or reply.value is None or not takes(question, reply.value):
        return Fate.ANEW
    relabelled = {each.code for each in change.options if each.was is not None}
    return Fate.ANEW if relabelled & set(map(str, each_of(reply.value))) else Fate.ALONG


def takes(question: Question, value: Value) -> bool:
    """Whether a client could give this value to it today."""
    try:
        return read(question, typed_as(question, value)) == value
    except Unreadable:
        return False
