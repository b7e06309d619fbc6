"""What answers keep to, whatever is asked, in whatever order, and whoever posts something (W1, W2, W4)."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import url_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from werkzeug.datastructures import MultiDict

from portal.accounts.models import Client
from portal.database import transaction
from portal.intake import queries as intake_queries
from portal.intake.fhir_response import response
from portal.intake.models import Answer, Intake
from portal.intake.path import Path
from portal.intake.queries import answering_of, latest_of
from portal.intake.questionnaire import Questionnaire
from portal.intake.replies import ROUND, AnswerState, Posted, Reply, Way, typed_as
from portal.intake.scoring import scores_of
from portal.intake.sent import sent_intake_of
from portal.intake.sent_copy import frozen, rows_of
from portal.intake.services import publish, save_answer, send_intake, shipped_questionnaire
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Status
from portal.web.audience import Audience, audience_of
from tests import make
from tests.intake.again import again
from tests.intake.definitions import definitions, paths, saying, unhurried
from tests.journeys.test_every_page import every_page

# A database for each example: few, and each of them large.
few = settings(
    unhurried,
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
WAYS = {state: way for way, state in ROUND.items()} | {AnswerState.ANSWERED: Way.CONTINUE}


# What is hidden might as well not have been said


def _frozen(path: Path) -> str:
    sent_at = datetime(2027, 3, 1, 9, tzinfo=UTC)
    return frozen(path, name="test", number=1, definition_hash="ab", sent_at=sent_at)


def _exported(path: Path):
    return response(_frozen(path), path.questionnaire, reference="abc", zone=ZoneInfo("UTC"))


@unhurried
@given(paths())
def test_what_is_hidden_leaves_no_trace_in_what_is_sent_scored_or_exported(path):
    seen = {link_id: reply for link_id, reply in path.replies.items() if link_id in path}
    without = Path(path.questionnaire, seen, path.more)

    assert _frozen(path) == _frozen(without)
    assert scores_of(path) == scores_of(without)
    assert _exported(path) == _exported(without)
    assert rows_of(path) == rows_of(without)


@unhurried
@given(st.data())
def test_what_a_closed_branch_held_returns_when_it_opens_again(data):
    path = data.draw(paths())
    deciding = sorted(path.questionnaire.decisive & path.replies.keys())
    silent = {link_id: Reply(AnswerState.SKIPPED, path.replies[link_id].value) for link_id in deciding}

    closed = Path(path.questionnaire, dict(path.replies) | silent, not path.more)
    again_open = Path(path.questionnaire, dict(closed.replies) | dict(path.replies), path.more)

    assert rows_of(again_open) == rows_of(path)


# In whatever order


@pytest.mark.usefixtures("inside_app")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@few
@given(data=st.data())
def test_whatever_the_order_of_saving_the_same_is_sent(db, now, data):
    definition = data.draw(definitions())
    said = {
        link_id: reply
        for link_id, reply in data.draw(saying(definition)).items()
        if definition.by_link_id[link_id].asked and link_id not in definition.out_of_sight
    }
    version = make.questionnaire_version(db, definition)
    copies = []
    for order in (list(said), data.draw(st.permutations(list(said)))):
        sam = make.client(db)
        make.intake(db, client=sam, version=version)
        for link_id in order:
            _save(sam, definition, link_id, said[link_id], now)
        with transaction() as writing:
            client = again(writing, sam)
            send_intake(writing, client, seen=answering_of(writing, client).intake.version, now=now)
        copies.append(sent_intake_of(db, again(db, sam)).copy)

    assert copies[0] == copies[1]


def _save(sam: Client, definition: Questionnaire, link_id: str, reply: Reply, now) -> None:
    typed = typed_as(definition.by_link_id[link_id], reply.value)
    with transaction() as db:
        save_answer(db, again(db, sam), link_id, Posted(typed, way=WAYS[reply.state]), now=now)


# Once it is sent


@pytest.mark.usefixtures("inside_app")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@few
@given(presses=st.lists(st.integers(-1, 9), max_size=6))
def test_sending_again_changes_nothing_whatever_the_page_had_seen(db, now, presses):
    sam = make.client(db, therapist=make.therapist(db))
    make.intake(db, client=sam, said={"name": "Sam", "sleep": "mixed"})
    before = len(db.scalars(select(OutgoingEmail)).all())
    _send(sam, 1, now)
    copy = db.scalars(select(Intake.sealed_copy).where(Intake.client_id == sam.id)).one()

    for seen in presses:
        _send(sam, seen, now)

    db.expire_all()
    assert db.scalars(select(Intake.sealed_copy).where(Intake.client_id == sam.id)).one() == copy
    assert len(db.scalars(select(OutgoingEmail)).all()) == before + 1


def _send(sam: Client, seen: int, now) -> None:
    with transaction() as db:
        send_intake(db, again(db, sam), seen=seen, now=now)


def test_what_was_sent_is_shown_to_both_when_nothing_is_left_but_its_own_row(db, browser, now, monkeypatch):
    sam = make.client(db, therapist=make.therapist(db))
    said = {"name": "Sam", "sleep": "mixed", "right-now": "unsure", "support": AnswerState.IN_PERSON}
    make.intake(db, client=sam, said=said, sent_at=now)
    places = ((sam, "/questions/sent"), (sam.therapist, f"/desk/clients/{sam.reference}"))
    # That the therapist has opened it stands on the client's page from then on.
    _text(browser, *places[1])
    before = [_text(browser, *place) for place in places]
    assert all("Well on some nights, badly on others" in page for page in before)

    db.query(Answer).delete()
    db.execute(text("UPDATE questionnaire_version SET definition = '{}'"))
    monkeypatch.setattr(intake_queries, "_definitions", {})

    assert [_text(browser, *place) for place in places] == before


def test_the_client_sees_what_the_therapist_sees_word_for_word(db, browser, now):
    """Each question with what was said to it, or the way that was taken round it, in the same order (W7)."""
    sam = make.client(db, therapist=make.therapist(db))
    ways = {
        "sleep": AnswerState.DECLINED,
        "support": AnswerState.IN_PERSON,
        "since-when": AnswerState.SKIPPED,
    }
    said = {"name": "Sam", "what-brings-you": "The heron\nat the weir", "right-now": "unsure"}
    said |= ways
    make.intake(db, client=sam, said=said, sent_at=now)

    pages = [
        _rows(browser, person, path)
        for person, path in ((sam, "/questions/sent"), (sam.therapist, f"/desk/clients/{sam.reference}"))
    ]

    theirs, mine = pages
    assert len(theirs) >= 8
    assert [row for row in theirs if row not in mine] == []
    assert [row for row in mine if row in theirs] == theirs


def _rows(browser, person, path: str) -> list[tuple[str, str]]:
    """The questions on a page, each with what stands under it."""
    browser.sign_in(person)
    root = next(browser.open(path).root.all("main"))
    found = [(list(each.all("dt")), list(each.all("dd"))) for each in root.all("div")]
    return [(question[0].text, said[0].text) for question, said in found if len(question) == len(said) == 1]


@pytest.mark.usefixtures("inside_app")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@few
@given(definition=definitions())
def test_publishing_changes_nothing_that_was_sent_or_begun(db, now, definition):
    sam, kit = make.client(db), make.client(db)
    make.intake(db, client=sam, said={"name": "Sam", "sleep": "mixed"}, sent_at=now)
    make.intake(db, client=kit, said={"name": "Kit", "earlier": True})
    sent, begun = sent_intake_of(db, sam), latest_of(db, kit).path

    for name in ("test", shipped_questionnaire().name):
        with transaction() as writing:
            publish(writing, definition.model_copy(update={"name": name}), now=now)

    assert sent_intake_of(db, sam) == sent
    assert latest_of(db, kit).path == begun


# By whomever something is posted


@pytest.fixture
def practice(db, now):
    """Sam has sent answers and amended them, Kit has begun; both are Ada's, and have asked for a time."""
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    sam, kit = make.client(db, name="Sam", therapist=ada), make.client(db, name="Kit", therapist=ada)
    said = {"name": "Sam", "sleep": "mixed", "right-now": "unsure", "support": AnswerState.IN_PERSON}
    first = make.intake(db, client=sam, said=said, sent_at=now)
    second = make.intake(db, client=sam, said=said | {"sleep": "hardly"}, sent_at=now)
    second.amends_id = first.id
    make.intake(db, client=kit, said=said | {"name": "Kit"})
    for client, days in ((sam, 1), (kit, 2)):
        starts_at = now.replace(day=now.day + days, hour=11)
        make.consultation(db, client=client, therapist=ada, starts_at=starts_at, status=Status.REQUESTED)
    db.flush()
    return ada


@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_the_practice_posts_changes_an_answer(app, db, practice, browser, seed):
    """Every form on every page of the desk is sent, as it stands and with words in it, in any order."""
    browser.sign_in(practice)
    chance = random.Random(seed)
    before = _answers(db)
    forms = _forms(app, browser)
    assert {"/desk/clients", "/desk/consultations"} <= {"/".join(path.split("/")[:3]) for path, _ in forms}
    chance.shuffle(forms)

    for path, fields in forms:
        _post(browser, path, fields)

    assert _answers(db) == before


def test_no_post_to_a_client_s_pages_by_a_therapist_changes_an_answer(app, db, practice, browser):
    browser.sign_in(practice)
    browser.open("/desk")
    before = _answers(db)
    addresses = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and audience_of(app.view_functions[rule.endpoint]) is Audience.CLIENT
    ]
    assert len(addresses) > 10

    for rule in addresses:
        values = dict.fromkeys(rule.arguments, "sleep")
        with app.test_request_context(base_url="https://portal.test"):
            path = url_for(rule.endpoint, **values)
        fields = {"answer": "mixed", "way": "skip", "asked": "sleep", "sleep.answer": "mixed", "seen": "1"}
        assert _post(browser, path, MultiDict(fields)).status_code == 404, path

    assert _answers(db) == before


def _forms(app, browser) -> list[tuple[str, MultiDict[str, str]]]:
    """Every form of every page, by each of its buttons, as it stands and with words in its fields."""
    found: dict[str, tuple[str, MultiDict[str, str]]] = {}
    for place, page in every_page(app, browser, Audience.THERAPIST):
        for form in next(page.root.all("main")).all("form"):
            if form.get("method").lower() != "post":
                continue
            for button in [*form.all("button"), None]:
                for words in (None, "The heron"):
                    path = (button.get("formaction") if button else "") or form.get("action") or place
                    fields = _fields(form, button, words)
                    found[json.dumps([path, sorted(fields.items(multi=True))])] = (path, fields)
    return list(found.values())


def _fields(form, button, words) -> MultiDict[str, str]:
    fields: MultiDict[str, str] = MultiDict()
    for field in form.all("input", "textarea", "select"):
        if field.get("name") and field.get("name") != "csrf_token":
            written = field.tag == "textarea" or field.get("type") == "text"
            value = words if written and words else field.get("value", "on") or field.text
            if field.get("type") not in {"radio", "checkbox"} or words or field.has("checked"):
                fields.add(field.get("name"), value)
    if button is not None and button.get("name"):
        fields.setlist(button.get("name"), [button.get("value")])
    return fields


def _post(browser, path: str, fields: MultiDict[str, str]):
    token = next(browser.page.root.all("input", name="csrf_token")).get("value")
    form = MultiDict([("csrf_token", token), *fields.items(multi=True)])
    return browser.http.post(
        path, data=form, base_url="https://portal.test", headers={"Referer": "https://portal.test/"}
    )


def _answers(db) -> list[tuple]:
    """Everything of an answer, and of an intake all but that it has been read."""
    db.expire_all()
    return [
        tuple(row)
        for query in (
            "SELECT * FROM answer ORDER BY intake_id, link_id",
            "SELECT * FROM earlier_answer ORDER BY intake_id, link_id",
            "SELECT id, client_id, version_id, amends_id, says_more, moved_at, passed_parts, saved_at,"
            " dropped_at, sent_at, sealed_copy, version FROM intake ORDER BY id",
        )
        for row in db.execute(text(query))
    ]


def _text(browser, person, path: str) -> str:
    browser.sign_in(person)
    return browser.open(path).text
