"""What was made up for a preview, answers and choices, small enough to stand in an address. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping

from portal.intake.questionnaire import LongText, Question, Questionnaire, ShortText
from portal.intake.replies import AnswerState, Reply, Unreadable, read, typed_as

# Addresses may have some four thousand characters, with all that stands around this.
MOST_CHARACTERS = 3_000
_MOST_BYTES = 200_000
_SHORT = 60
_STATES = {state.value[0]: state for state in AnswerState}
_GIVEN = AnswerState.ANSWERED.value[0]


def in_an_address(questionnaire: Questionnaire, replies: Mapping[str, Reply]) -> str:
    """Text for an address. Long words are cut, and where there is too much, those that decide nothing go."""
    said = {
        link_id: [reply.state.value[0], *_typed(questionnaire.by_link_id[link_id], reply)]
        for link_id, reply in replies.items()
    }
    packed = _packed(said)
    if len(packed) > MOST_CHARACTERS:
        packed = _packed({name: each for name, each in said.items() if name in questionnaire.decisive})
    return packed if len(packed) <= MOST_CHARACTERS else ""


def from_an_address(questionnaire: Questionnaire, text: str) -> dict[str, Reply]:
    """What was said so far; nothing of what is no answer to these questions, or cannot be read."""
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(base64.urlsafe_b64decode(text.encode()), _MOST_BYTES)
        said = json.loads(plain)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return {}
    found = (_reply(questionnaire, *each) for each in said.items()) if isinstance(said, dict) else ()
    return dict(each for each in found if each is not None)


def parts_in_an_address(parts: Mapping[str, AnswerState]) -> str:
    """The parts that were passed by as a whole, each with the first letter of how."""
    return " ".join(f"{part}.{state.value[0]}" for part, state in parts.items())


def parts_from_an_address(questionnaire: Questionnaire, text: str) -> dict[str, AnswerState]:
    """Only of sections that can be passed by."""
    found = (each.rpartition(".") for each in text.split())
    return {
        part: _STATES[letter]
        for part, _, letter in found
        if part in questionnaire.announced and letter in _STATES and letter != _GIVEN
    }


def _typed(question: object, reply: Reply) -> list[str]:
    if reply.value is None or not isinstance(question, Question):
        return []
    typed = typed_as(question, reply.value)
    return [each[:_SHORT] for each in typed] if isinstance(question, ShortText | LongText) else typed


def _packed(said: object) -> str:
    plain = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()


def _reply(questionnaire: Questionnaire, link_id: str, said: object) -> tuple[str, Reply] | None:
    question = questionnaire.by_link_id.get(link_id)
    if not isinstance(question, Question) or not isinstance(said, list) or not said:
        return None
    state, typed = _STATES.get(str(said[0])), [str(each) for each in said[1:]]
    if state is None:
        return None
    try:
        value = read(question, typed)
    except Unreadable:
        return None
    if state is AnswerState.ANSWERED and value is None:
        return None
    return link_id, Reply(state, value)
