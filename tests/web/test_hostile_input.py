"""Whatever those who are signed in send, to every address and in every field, nothing breaks."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from portal.intake.replies import AnswerState
from portal.messages.models import Writer
from portal.notes.services import write_note
from portal.scheduling.lifecycle import Status
from portal.web.audience import Audience, audience_of
from tests import make
from tests.accounts.pages import token_on
from tests.browser import Browser, Page
from tests.journeys.test_what_is_whose import parameters_seen, visits
from tests.web.test_doors import RAW, TEXTS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE, FORM = "https://portal.test", "application/x-www-form-urlencoded"
# Enough to meet every form some times, and little enough to be run every time.
_FORMS, _BYTES = 250, 150


class Scene:
    """Somebody signed in, all addresses that are open to them, and all names of fields that they see."""

    def __init__(self, app, person, *audiences) -> None:
        self.browser = Browser(app)
        self.browser.sign_in(person)
        self.seen = parameters_seen(self.browser, app, *audiences)
        self.rules = [
            rule
            for rule in app.url_map.iter_rules()
            if audience_of(app.view_functions[rule.endpoint]) in audiences
            # Whoever ends it is out, and meets the sign-in page from then on.
            and rule.endpoint not in {"accounts.end_place", "accounts.end_places"}
        ]
        names = set()
        for _, answer in visits(self.browser, app, *audiences):
            if answer is not None and answer.mimetype == "text/html" and answer.status_code == 200:
                fields = Page(answer.text).root.all("input", "select", "textarea")
                names |= {field.get("name") for field in fields}
        self.names = sorted(names - {"csrf_token", "kept"} | {"", "next", "who", "credential"})
        self.browser.open("/account")
        self.token = token_on(self.browser.page)

    def send(self, path, *, method="POST", **request) -> int:
        headers = {"Referer": f"{BASE}/account", "X-CSRFToken": self.token}
        return self.browser.http.open(
            path, method=method, headers=headers, base_url=BASE, buffered=True, **request
        ).status_code


@pytest.fixture(params=["client", "therapist"])
def scene(request, app, db, now):
    make.practice(db)
    ada = make.therapist(db)
    make.working_hours(db, ada)
    make.kind(db, ada)
    reading = make.reading(db)
    sam = make.client(db, therapist=ada)
    make.kept_passage(db, client=sam, reading=reading, line="x", shared_with=ada)
    for by in Writer:
        make.message(db, client=sam, therapist=ada, by=by)
    make.agreement_text(db)
    write_note(db, ada, sam, "x", now=now)
    make.intake(db, client=sam, said={"name": "Sam", "sleep": AnswerState.IN_PERSON})
    make.consultation(db, client=sam, therapist=ada, starts_at=now.replace(day=9), status=Status.CONFIRMED)
    make.consultation(db, client=sam, therapist=ada, starts_at=now.replace(day=16))
    person, audience = (sam, Audience.CLIENT) if request.param == "client" else (ada, Audience.THERAPIST)
    return Scene(app, person, audience, Audience.SIGNED_IN)


def addresses(scene, data, rule) -> str:
    """The rule's address with something seen in it, or with anything."""
    found = {
        name: some.one_of(some.sampled_from(sorted(map(str, scene.seen.get(name, {"x"})))), TEXTS)
        for name in rule.arguments
    }
    return re.sub(
        r"<(?:[^<>]*:)?(\w+)>", lambda each: quote(data.draw(found[each.group(1)]), safe=""), rule.rule
    )


@hypothesis_settings(
    max_examples=_FORMS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=some.data())
def test_no_form_breaks_whatever_is_typed_into_it(scene, data):
    rule = data.draw(some.sampled_from(scene.rules))
    names = some.sampled_from(scene.names)
    typed = data.draw(some.dictionaries(names, some.one_of(TEXTS, some.lists(TEXTS, max_size=3)), max_size=8))
    query = data.draw(some.dictionaries(names, TEXTS, max_size=2))
    method = data.draw(some.sampled_from(["POST", "POST", "POST", "GET", "HEAD"]))

    code = scene.send(addresses(scene, data, rule), method=method, data=typed, query_string=query)

    assert code < 500


@hypothesis_settings(
    max_examples=_BYTES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=some.data())
def test_no_address_breaks_whatever_bytes_it_is_sent(scene, data):
    rule = data.draw(some.sampled_from(scene.rules))
    body = data.draw(some.one_of(some.binary(max_size=200), some.just(b"a" * 300_000)))
    query = data.draw(RAW)

    code = scene.send(
        addresses(scene, data, rule),
        data=body,
        content_type=data.draw(some.sampled_from([FORM, "application/json", "", "multipart/form-data"])),
        environ_overrides={"QUERY_STRING": query},
    )

    assert code < 500
