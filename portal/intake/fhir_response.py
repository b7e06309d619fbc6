"""A sent intake as a FHIR R4 QuestionnaireResponse. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.intake.fhir_reading import fhir_items
from portal.intake.fhir_shapes import OURS, Json
from portal.intake.fhir_writing import answer_to, canonical_of, name_of, type_of, version_of
from portal.intake.questionnaire import ADDITION, Note, Part, Question, Questionnaire, Section
from portal.intake.replies import AnswerState

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# What the standard calls an answer that somebody was asked for and would not give.
_DECLINED = {"url": ABSENT, "valueCode": "asked-declined"}
WAYS_ROUND = f"{OURS}/CodeSystem/ways-round"
# What a client added to what they had sent: no questionnaire asks for it, so no item could hold it.
ADDED = f"{OURS}/StructureDefinition/added-afterwards"
_IN_PERSON = {
    "valueCoding": {
        "system": WAYS_ROUND,
        "code": "in-person",
        "display": "Would rather talk about it in person",
    }
}


def response(
    copy: str,
    questionnaire: Questionnaire,
    *,
    reference: str,
    zone: ZoneInfo,
) -> Json:
    """The QuestionnaireResponse of what was sent; `copy` is the sealed copy's JSON, `reference` its intake's.

    Answers and wordings are the copy's; their places and codes are the questionnaire's, which has to be the
    version that was answered. Moments are given their offset in `zone`, that of who answered. What was hidden
    is not in the copy; a skipped question stands there without an answer. What corrects something that was
    sent is an amended one.
    """
    plain = json.loads(copy)
    rows = {row["link_id"]: row for row in plain["rows"]}
    came = fhir_items(json.loads(questionnaire.source)) if questionnaire.source else {}
    root: Json = {
        "resourceType": "QuestionnaireResponse",
        "id": reference,
        "questionnaire": canonical_of(
            questionnaire, version_of(plain["questionnaire"]["number"], plain["questionnaire"]["hash"])
        ),
        "status": "amended" if "amends" in plain else "completed",
        "authored": plain["sent_at"],
    }
    if ADDITION in rows:
        root["extension"] = [{"url": ADDED, "valueString": rows[ADDITION]["value"]}]
    made: dict[str, Json] = {}
    for part in questionnaire.items:
        item = _item(part, rows.get(part.link_id), came, zone)
        if item is not None:
            made[part.link_id] = item
    return root | _placed(questionnaire, made)


def _placed(questionnaire: Questionnaire, made: Mapping[str, Json]) -> Json:
    """The items, the innermost first, put into what holds them; sections that hold nothing are left out."""
    held: dict[str | None, list[Json]] = {}
    for part in reversed(questionnaire.items):
        item, inner = made.get(part.link_id), held.get(part.link_id, [])
        if item is None or (isinstance(part, Section) and not inner):
            continue
        if inner and isinstance(part, Section):
            item["item"] = inner
        elif inner:
            _beneath_answer(item, inner)
        held.setdefault(part.within, []).insert(0, item)
    return {"item": held[None]} if None in held else {}


def _beneath_answer(item: Json, inner: list[Json]) -> None:
    """What stands within a question stands beneath its answer, or beneath the word that there is none."""
    item.setdefault("answer", [{"extension": [{"url": ABSENT, "valueCode": "unknown"}]}])
    item["answer"][0]["item"] = inner


def _item(part: Part, row: Json | None, came: Mapping[str, Json], zone: ZoneInfo) -> Json | None:
    if isinstance(part, Note):
        return None
    item: Json = {"linkId": name_of(part)}
    if isinstance(part, Section):
        return item | ({"text": part.wording} if part.wording else {})
    if row is None:
        return None
    answers = _answers(part, row, type_of(part, came), zone)
    text = row["text"].removeprefix(f"{part.prefix} ")
    return item | {"text": text} | ({"answer": answers} if answers else {})


def _answers(question: Question, row: Json, kind: str, zone: ZoneInfo) -> list[Json]:
    match row["state"]:
        case AnswerState.DECLINED:
            return [{"extension": [_DECLINED]}]
        case AnswerState.IN_PERSON:
            return [dict(_IN_PERSON)]
        case AnswerState.ANSWERED:
            values = row["value"] if isinstance(row["value"], list) else [row["value"]]
            return [_answer(question, kind, value, zone) for value in values]
        case _:
            return []


def _answer(question: Question, kind: str, value: str | bool | int | float, zone: ZoneInfo) -> Json:
    offset = _offset(str(value), zone) if question.kind == "moment" else "Z"
    answer = answer_to(question, kind, value, offset=offset)
    return {f"value{name}": each for name, each in answer.items()}


def _offset(moment: str, zone: ZoneInfo) -> str:
    """Of the zone's clock at that moment: +01:00."""
    offset = datetime.fromisoformat(moment).replace(tzinfo=zone).strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"
