"""Another's things are not found, whoever asks and however; and looking at one's own changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from portal.accounts.models import Passkey, SignedInPlace
from portal.consent.queries import version_for
from portal.consent.services import agree
from portal.database import Base
from portal.intake.replies import AnswerState
from portal.messages.models import Writer
from portal.notes.services import write_note
from portal.privacy.models import Erasure
from portal.privacy.retention import Reason
from portal.reaching.services import say_how_to_reach
from portal.reaching.wishes import Wish
from portal.reading.models import ReadingSuggestion
from portal.scheduling.lifecycle import Status
from portal.vault.words import seal
from portal.web.audience import Audience, audience_of
from tests import make
from tests.accounts.pages import token_on
from tests.browser import Browser, Page
from tests.journeys.test_every_page import addresses_below, plain_addresses
from tests.patience import until
from tests.web.test_headers import ON_EVERY_ANSWER

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE = "https://portal.test"
# Addresses with a placeholder that are not one person's, each with the reason why.
NOBODYS = {
    "reading.show": "everybody reads the same readings",
    "reading.mark": "everybody marks the same readings, each for themselves",
    "reading.unmark": "the same",
    "intake.ask": "everybody is asked the same questions, and answers for themselves",
    "intake.save": "the same",
    "intake.keep_draft": "the same",
    "intake.save_section": "the same",
    "intake.pass_by": "the same",
    "intake.take_up": "the same",
    "reading.passages": "the same readings",
    "kept.let_go": "what is gone already is gone: the same for what never was theirs, and nothing happens",
    "reading.keep": "everybody reads the same readings, and keeps what they keep for themselves",
    "reading.put_away": "the same",
    "reading.remember": "the same",
    "consent.show": "everybody is asked about the same texts, and agrees for themselves",
    "consent.version": "the same",
    "consent.version_as_file": "the same",
    "consent.sign": "the same",
    "consent.refuse": "the same",
    "consent.take_back": "the same",
}
# What is the practice's, and any therapist's of it to work on: no client's, and nobody's words.
THE_PRACTICES = ("making.", "writing.", "revisions.", "agreements_desk.", "founding.")
# Below it, but about one client.
BUT = {"agreements_desk.signed"}


@pytest.fixture
def ada(db):
    """Has all that a therapist can have."""
    make.practice(db)
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    make.kind(db, ada)
    return ada


@pytest.fixture
def sam(db, ada, now):
    """Has all that a client can have."""
    reading = make.reading(db, slug="on-rest")
    sam = make.client(db, name="Sam Reed", therapist=ada)
    said = {"name": "Sam", "sleep": AnswerState.IN_PERSON, "right-now": "unsure"}
    sent = make.intake(db, client=sam, said=said, sent_at=now)
    make.lamp(db, sent)
    # It was corrected once, and is being corrected again.
    for sent_at in (now, None):
        amendment = make.intake(db, client=sam, said=said, sent_at=sent_at)
        amendment.amends_id, sent = sent.id, amendment
        db.flush()
    db.add(ReadingSuggestion(client_id=sam.id, reading_id=reading.id, therapist_id=ada.id, suggested_at=now))
    make.kept_passage(db, client=sam, reading=reading, line="Mine", shared_with=ada)
    for by in Writer:
        make.message(db, client=sam, therapist=ada, by=by, sent_at=now)
    say_how_to_reach(db, sam, Wish(words="In the evening"), now=now)
    agree(db, sam, _text(db, sam), name="Sam Reed", now=now)
    write_note(db, ada, sam, "Only for me", now=now)
    starts_at = now + timedelta(days=1, hours=1)
    for days, status in ((0, Status.CONFIRMED), (7, Status.REQUESTED), (14, Status.DECLINED)):
        make.consultation(
            db, client=sam, therapist=ada, starts_at=starts_at + timedelta(days=days), status=status
        )
    db.add(SignedInPlace(token_hash="elsewhere", client_id=sam.id, signed_in_at=now, last_used_at=now))
    name = seal(db, sam.data_key, "Phone", of="passkey.name:5a")
    db.add(
        Passkey(
            client_id=sam.id,
            reference="5a",
            credential_id=b"1",
            public_key=b"",
            sign_count=0,
            sealed_name=name,
            added_at=now,
        )
    )
    db.flush()
    return sam


def _text(db, sam):
    document = make.agreement_text(db).document
    return version_for(db, sam, document.reference, 1)


@pytest.fixture
def arranged(db, ada, sam, app, now):
    """What only the pages themselves make: phrases, own time, a day that differs, an invitation, a feed."""
    desk = Browser(app)
    desk.sign_in(ada)
    desk.open("/desk/invitations")
    desk.fill("Email address", "noor@example.org")
    desk.press("Invite them")
    desk.open("/desk/phrases")
    label = next(each.text for each in desk.page.root.all("label"))
    desk.fill(label, "I am away that day.")
    desk.press(desk.page.buttons[0])
    listed = {"client_id": sam.id, "begun_at": now, "due_at": now + timedelta(days=30)}
    db.add(Erasure(reason=Reason.KEPT_LONG_ENOUGH, **listed))
    db.flush()
    return desk


def visits(browser, app, *audiences):
    """Every address that this visitor comes to, each with its answer; one page of a list stands for all."""
    waiting, seen = [*plain_addresses(app, *audiences)], set()
    while waiting:
        address = waiting.pop()
        place = re.sub(r"\?.*", "", address)
        if place in seen or address in seen:
            continue
        answer = browser.http.get(address, base_url=BASE, buffered=True)
        # What leads elsewhere may be a page with another query.
        seen.add(place if answer.status_code == 200 else address)
        yield address, answer
        if answer.mimetype == "text/html" and answer.status_code == 200:
            browser.page = Page(answer.text)
            waiting += addresses_below(browser.page)
            yield from _posted_to(browser.page)


def _posted_to(page):
    for form in page.root.all("form"):
        yield form.get("action"), None


def parameters_seen(browser, app, *audiences):
    """The values of every placeholder in every address that this visitor sees, by its name."""
    rules, found = app.url_map.bind("portal.test", url_scheme="https"), {}
    for address, _ in visits(browser, app, *audiences):
        for name, value in _arguments(rules, urlsplit(address).path).items():
            found.setdefault(name, set()).add(value)
    return found


def _arguments(rules, path):
    """As a page, and only where it is none, as what a form is sent to."""
    for method in ("GET", "POST"):
        try:
            return rules.match(path, method=method)[1]
        except HTTPException:
            continue
    return {}


def private_rules(app, *audiences):
    for rule in app.url_map.iter_rules():
        shared = rule.endpoint.startswith(THE_PRACTICES) and rule.endpoint not in BUT
        owned = rule.arguments and rule.endpoint not in NOBODYS and not shared
        if owned and audience_of(app.view_functions[rule.endpoint]) in audiences:
            yield rule


def addresses_of(rule, seen):
    """With every value of its placeholders that was seen, whatever it was the name of."""
    names = re.findall(r"<(?:[^<>]*:)?(\w+)>", rule.rule)
    for values in product(*(sorted(map(str, seen[name])) for name in names)):
        rest = iter(values)
        yield re.sub(r"<[^>]*>", lambda _, rest=rest: next(rest), rule.rule)


def everything(db):
    """Every row of every table, but for what counts how often something was tried."""
    return {
        table.name: db.execute(table.select().order_by(*table.primary_key)).all()
        for table in Base.metadata.sorted_tables
        if table.name != "counter"
    }


def answers(browser, address, rule):
    """The codes for looking at it, and for changing it with a form's token of one's own."""
    if "GET" in rule.methods:
        yield browser.http.get(address, base_url=BASE).status_code
    if "POST" in rule.methods:
        data = {"csrf_token": token_on(browser.page), "version": "1", "met": "yes", "answer": "x"}
        yield browser.http.post(
            address, data=data, headers={"Referer": f"{BASE}/"}, base_url=BASE
        ).status_code


@pytest.mark.parametrize("who", ["another client", "another therapist", "nobody"])
def test_what_is_a_client_s_is_found_by_nobody_else(app, db, sam, arranged, who):
    theirs = Browser(app)
    theirs.sign_in(sam)
    seen = parameters_seen(theirs, app, Audience.CLIENT, Audience.SIGNED_IN)
    assert len(seen["reference"]) >= 4
    visitor = _visitor(app, db, who)
    before = everything(db)

    found = _found(app, visitor, seen, Audience.CLIENT, Audience.SIGNED_IN)

    assert [each for each in found if each[1] not in _NOT_FOUND[who]] == []
    assert everything(db) == before


@pytest.mark.parametrize("who", ["another client", "another therapist", "nobody"])
def test_what_is_a_therapist_s_is_found_by_nobody_else(app, db, ada, sam, arranged, who):
    seen = parameters_seen(arranged, app, Audience.THERAPIST, Audience.SIGNED_IN)
    assert sam.reference in seen["reference"]
    assert len(seen["reference"]) >= 6
    visitor = _visitor(app, db, who)
    before = everything(db)

    found = _found(app, visitor, seen, Audience.THERAPIST, Audience.SIGNED_IN)

    assert [each for each in found if each[1] not in _NOT_FOUND[who]] == []
    assert everything(db) == before


def test_there_is_something_to_keep_behind_every_address_that_can_be_opened(app, db, ada, sam, arranged):
    """The same addresses, by whom they belong to: else the tests above would prove nothing."""
    theirs = Browser(app)
    theirs.sign_in(sam)
    for browser, audience in ((theirs, Audience.CLIENT), (arranged, Audience.THERAPIST)):
        seen = parameters_seen(browser, app, audience, Audience.SIGNED_IN)
        for rule in private_rules(app, audience):
            if "GET" in rule.methods:
                codes = [_code(browser, each) for each in addresses_of(rule, seen)]
                assert {200, 303} & set(codes), rule.rule


def _code(browser: Browser, address: str) -> int:
    """Whoever is told that another document is being drawn, or that it took too long, comes once more."""

    def answered() -> int | None:
        code = browser.http.get(address, base_url=BASE).status_code
        return None if code == 503 else code

    return until(answered, what=address)


@pytest.mark.parametrize("who", ["a stranger", "the client", "the therapist"])
def test_looking_changes_nothing(app, db, ada, sam, arranged, who):
    """T6, at every address: by GET, HEAD and OPTIONS. That a therapist looked is written down (P4)."""
    browser = Browser(app)
    audiences = [Audience.PUBLIC]
    if who != "a stranger":
        browser.sign_in(sam if who == "the client" else ada)
        audiences += [Audience.SIGNED_IN, Audience.CLIENT if who == "the client" else Audience.THERAPIST]
    before = everything(db)

    for address, answer in visits(browser, app, *audiences):
        if answer is not None:
            for method in ("HEAD", "OPTIONS"):
                browser.http.open(address, method=method, base_url=BASE)

    after = everything(db)
    # But for the journal's note that a record was opened.
    noted = [line.what for line in after.pop("journal_line") if line not in before["journal_line"]]
    assert set(noted) <= {"record-opened", "request-opened", "messages-opened", "lamp-opened", "record-saved"}
    assert (who == "the therapist") == bool(noted)
    del after["journal_head"]
    assert [name for name in after if before[name] != after[name]] == []


@pytest.mark.parametrize("who", ["the client", "the therapist"])
def test_every_answer_to_who_is_signed_in_is_kept_by_no_browser_and_carries_every_header(
    app, db, ada, sam, arranged, who
):
    """Pages, calendar files and whatever else there is, not only what we think of."""
    browser = Browser(app)
    browser.sign_in(sam if who == "the client" else ada)
    audience = Audience.CLIENT if who == "the client" else Audience.THERAPIST
    kinds = set()

    for address, answer in visits(browser, app, audience, Audience.SIGNED_IN):
        if answer is None or address.startswith("/static/"):
            continue
        kinds.add(answer.mimetype)
        assert "no-store" in answer.headers["Cache-Control"], address
        found = {name: answer.headers.getlist(name) for name in ON_EVERY_ANSWER}
        assert found == {name: [value] for name, value in ON_EVERY_ANSWER.items()}, address

    assert kinds >= ({"text/html", "text/calendar"} if who == "the client" else {"text/html"})


# Another's is not found; who is not signed in is shown the way in, or a page that says the form was stale.
_NOT_FOUND = {"another client": {404}, "another therapist": {404}, "nobody": {303, 400, 403}}


def _visitor(app, db, who) -> Browser:
    browser = Browser(app)
    if who == "another client":
        browser.sign_in(make.client(db, name="Kit", therapist=make.therapist(db, name="Cy Dorn")))
    elif who == "another therapist":
        browser.sign_in(make.therapist(db, name="Bo Lind"))
    browser.open("/sign-in" if who == "nobody" else "/account")
    return browser


def _found(app, visitor, seen, *audiences):
    return [
        (address, code)
        for rule in private_rules(app, *audiences)
        for address in addresses_of(rule, seen)
        for code in answers(visitor, address, rule)
    ]
