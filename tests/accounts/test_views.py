"""The pages of making an account, getting in, and getting back in: what they say and what they do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import services
from portal.accounts.models import Client, MailedLink
from portal.accounts.passwords import Cost, hash_password, is_outdated
from portal.database import Base
from tests import make
from tests.accounts.letters import letters_to, link_in, newest_letter_to
from tests.browser import Browser
from tests.web.test_own_address import FOREIGN

SAM = "sam@example.org"
PASSWORD = "lantern otter gravel"
STATES = ["unknown", "unproved", "proved", "therapist"]


@pytest.fixture
def other_browser(app) -> Browser:
    return Browser(app)


def address_of_somebody(db, state) -> str:
    if state == "therapist":
        return make.therapist(db, name="Bo Lind").email
    if state == "unknown":
        return "nobody@example.org"
    return make.client(db, **({} if state == "proved" else {"proved_at": None})).email


def sign_up(browser, address=SAM, password=PASSWORD):
    browser.open("/sign-up")
    browser.fill("Email address", address)
    browser.fill("Password", password)
    return browser.press("Make my account")


def sign_in(browser, address, password=make.PASSWORD, path="/sign-in"):
    browser.open(path)
    browser.fill("Email address", address)
    browser.fill("Password", password)
    return browser.press("Sign in")


def ask_for_new_password(browser, address):
    browser.open("/forgotten-password")
    browser.fill("Email address", address)
    return browser.press("Send me a link")


def test_a_stolen_password_is_refused_with_a_sentence_that_says_so(browser, db):
    page = sign_up(browser, password="CorrectHorseBatteryStaple")

    assert page.errors == [
        "This one was stolen before, so it is tried first. Use three or four unrelated words"
    ]
    assert db.scalars(select(Client)).all() == []


def client_called(db, address) -> Client:
    db.expire_all()
    return db.scalars(select(Client).where(Client.email == address)).one()


def everything(db) -> list[object]:
    """Every row of every table."""
    return [
        db.execute(table.select().order_by(*table.primary_key)).all() for table in Base.metadata.sorted_tables
    ]


def test_after_signing_up_the_page_says_where_to_look_and_the_address_does_not(browser):
    page = sign_up(browser, "Sam@Example.org")

    assert page.heading == "Check your mail"
    assert "sam@example.org" in page.text
    assert browser.path == "/account/mail"
    assert browser.response.history[0].status_code == 303
    assert page.link_called("development mailbox").get("href") == "/dev/mail"


@pytest.mark.parametrize(
    ("address", "password", "errors"),
    [
        ("", PASSWORD, ["Enter your email address, like name@example.org"]),
        ("sam", PASSWORD, ["Enter your email address, like name@example.org"]),
        (SAM, "", ["Choose a password"]),
        (SAM, "otter", ["Use at least 12 characters: three or four unrelated words will do"]),
        (SAM, "x" * 129, ["Use at most 128 characters"]),
        (
            SAM,
            "sam@example.org",
            ["Use more than your address or our name: three or four unrelated words will do"],
        ),
        (
            SAM,
            "1qaz2wsx3edc",
            ["Many people use this one, so it is tried first. Use three or four unrelated words"],
        ),
        (SAM, "a" * 20, ["This one is easy to guess. Use three or four unrelated words"]),
        ("", "", ["Enter your email address, like name@example.org", "Choose a password"]),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_field(db, browser, address, password, errors):
    page = sign_up(browser, address, password)

    assert page.errors == errors
    assert page.title.startswith("Error: Make an account")
    assert page.field_labelled("Email address").get("value") == address
    assert page.field_labelled("Password").get("value") == ""
    assert list(db.scalars(select(Client))) == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("America/New_York", "America/New_York"),
        ("", None),
        ("Europe/Atlantis", None),
        ("../etc/passwd", None),
    ],
)
def test_the_devices_time_zone_is_kept_if_there_is_such_a_zone(db, browser, said, kept):
    token = token_on(browser.open("/sign-up"))

    browser.http.post(
        "/sign-up",
        data={"email": SAM, "password": PASSWORD, "time_zone": said, "csrf_token": token},
        headers={"Referer": "https://portal.test/sign-up"},
        base_url="https://portal.test",
    )

    assert client_called(db, SAM).time_zone == kept


@pytest.mark.parametrize("ask", [sign_up, ask_for_new_password])
def test_no_page_tells_whether_an_address_is_known(app, db, queries, ask):
    """The same status, address, words and number of statements; one mail more."""
    make.therapist(db)
    seen_by_state = {}
    for state in STATES:
        address = address_of_somebody(db, state)
        browser = Browser(app)
        browser.open("/sign-up")
        with queries() as statements:
            page = ask(browser, address)
        seen_by_state[state] = (
            browser.response.history[0].status_code,
            browser.path,
            page.source.replace(address, "ADDRESS").replace(token_on(page), "TOKEN"),
            sorted(name for name, _ in browser.response.history[0].headers),
            len(statements),
        )
        assert len(letters_to(db, address)) == 1

    unknown = seen_by_state["unknown"]
    assert [state for state in STATES if seen_by_state[state] != unknown] == []


def token_on(page) -> str:
    return next(f.get("value") for f in page.root.all("input") if f.get("name") == "csrf_token")


def test_signing_in_does_not_tell_whether_the_address_is_known(app, db, queries):
    sources = {}
    for state in STATES:
        address = address_of_somebody(db, state)
        browser = Browser(app)
        browser.open("/sign-in")
        with queries() as statements:
            page = sign_in(browser, address, "not the password")
        assert page.errors == ["That email address and password do not belong together here"]
        assert page.field_labelled("Email address").get("value") == address
        sources[state] = (page.source.replace(address, "A").replace(token_on(page), "T"), len(statements))
        assert letters_to(db, address) == []

    assert len(set(sources.values())) == 1


def test_the_mail_page_has_nothing_to_say_to_who_asked_for_nothing(browser):
    browser.open("/account/mail")

    assert browser.path == "/sign-in"


@pytest.mark.parametrize("ask", [sign_up, ask_for_new_password])
@pytest.mark.parametrize("state", STATES)
def test_what_was_mailed_is_sent_again_and_only_the_newest_link_works(db, browser, ask, state):
    address = address_of_somebody(db, state)
    ask(browser, address)

    page = browser.press("Send it again")

    first, second = letters_to(db, address)
    assert first.subject == second.subject
    assert page.text.startswith("It was sent once more. Only the link in the newest message works.")
    if "/account/" in first.body:
        assert browser.open(link_in(first), expect=404).heading == "This link no longer works"
        browser.open(link_in(second))


def test_opening_a_link_changes_nothing(db, browser):
    """T6: scanners of mail open every link."""
    sign_up(browser)
    proof = link_in(newest_letter_to(db, SAM))
    ask_for_new_password(browser, SAM)
    password = link_in(newest_letter_to(db, SAM))
    before = everything(db)

    for link in (proof, password):
        for method in ("GET", "HEAD", "OPTIONS"):
            path = link.removeprefix("https://portal.test")
            answer = browser.http.open(path, method=method, base_url="https://portal.test")
            assert answer.status_code == 200

    assert everything(db) == before


def test_in_the_browser_that_asked_the_button_leads_straight_in(db, now, browser):
    sign_up(browser)

    page = browser.open(link_in(newest_letter_to(db, SAM)))
    assert page.heading == "Is this your address?"
    assert SAM in page.text
    browser.press("Yes, this is my address")

    assert browser.path == "/next"
    assert client_called(db, SAM).proved_at == now


STRANGER = "a stranger knows this one"
AGAIN = "kettle orbit mosaic"


def prove_with(browser, db, password, expect=200):
    """Follow the newest link, and choose a password behind it."""
    browser.open(link_in(newest_letter_to(db, SAM)))
    browser.fill("Password", password)
    return browser.press("Yes, this is my address", expect=expect)


def comes_in(browser, password) -> bool:
    return not sign_in(browser, SAM, password).errors


def test_in_another_browser_a_password_is_chosen_and_leads_straight_in(db, now, browser, other_browser):
    sign_up(browser)

    prove_with(other_browser, db, AGAIN)

    assert other_browser.path == "/next"
    assert client_called(db, SAM).proved_at == now
    other_browser.press("Sign out")
    assert not comes_in(Browser(browser._app), PASSWORD)
    assert comes_in(Browser(browser._app), AGAIN)


def test_in_another_browser_a_press_alone_proves_nothing(db, browser, other_browser):
    sign_up(browser)

    page = prove_with(other_browser, db, "")

    assert page.errors == ["Choose a password"]
    assert client_called(db, SAM).proved_at is None


@pytest.mark.parametrize("again", [False, True], ids=["what came last", "what was sent again"])
def test_nobody_proves_the_password_of_a_stranger_who_signed_up_with_their_address(
    app, db, browser, other_browser, again
):
    """Sam signs up, and after them a stranger with Sam's address; Sam follows the only link that works."""
    sign_up(browser)
    sign_up(other_browser, SAM, STRANGER)
    if again:
        browser.open("/account/mail")
        browser.press("Send it again")

    prove_with(browser, db, AGAIN)

    assert browser.path == "/next"
    assert not comes_in(Browser(app), STRANGER)
    assert comes_in(Browser(app), AGAIN)


def test_a_stranger_who_signed_up_first_gains_nothing_by_it(app, db, browser, other_browser):
    sign_up(other_browser, SAM, STRANGER)
    sign_in(other_browser, SAM, STRANGER)
    sign_up(browser)

    browser.open(link_in(newest_letter_to(db, SAM)))
    browser.press("Yes, this is my address")

    assert browser.path == "/next"
    assert not comes_in(Browser(app), STRANGER)
    assert comes_in(Browser(app), PASSWORD)


def test_the_link_that_a_stranger_s_sign_in_mails_is_not_theirs_to_prove(app, db, browser, other_browser):
    """A password that is right for an unproved account mails a link, and proves no address."""
    sign_up(other_browser, SAM, STRANGER)
    sign_in(other_browser, SAM, STRANGER)

    prove_with(browser, db, AGAIN)

    assert not comes_in(Browser(app), STRANGER)
    assert comes_in(Browser(app), AGAIN)


def test_two_presses_of_the_button_make_one_account(db, app, browser, monkeypatch):
    """The second finds nobody, and then somebody: the first was between its question and its answer."""
    sign_up(browser)
    asked = []
    really = services.person_with_address

    def too_early(db, email, *, to_change=False):
        asked.append(email)
        return None if len(asked) == 1 else really(db, email, to_change=to_change)

    monkeypatch.setattr(services, "person_with_address", too_early)
    page = sign_up(Browser(app))

    assert page.heading == "Check your mail"
    assert asked == [SAM, SAM]
    assert client_called(db, SAM)
    assert len(letters_to(db, SAM)) == 2


def test_signing_in_before_the_address_is_proved_mails_a_new_link(db, browser):
    sam = make.client(db, proved_at=None)

    page = sign_in(browser, sam.email)

    assert page.text.startswith("This address is not confirmed yet. A new link was sent to it.")
    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"
    browser.open(link_in(newest_letter_to(db, sam.email)))
    browser.press("Yes, this is my address")
    assert browser.path == "/next"


@pytest.mark.parametrize("path", ["/account/address/unknown", "/account/password/unknown"])
def test_an_unknown_link_is_answered_kindly(browser, path):
    page = browser.open(path, expect=404)

    assert page.heading == "This link no longer works"
    assert page.link_called("Ask for a new password").get("href") == "/forgotten-password"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "localhost:8000"])
@pytest.mark.parametrize("page", ["/sign-up", "/forgotten-password"])
def test_a_mailed_link_leads_to_the_portal_s_own_name_whatever_name_was_asked_by(db, app, name, page):
    """Whoever asks for somebody else's mail chooses the name, and waits there for who follows the link."""
    sam, http = make.client(db), app.test_client()
    form = http.get(page, base_url=f"https://{name}").text
    token = form.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]

    answer = http.post(
        page,
        data={"email": sam.email, "password": PASSWORD, "csrf_token": token},
        headers={"Referer": f"https://{name}{page}", "X-Forwarded-Host": "evil.example"},
        base_url=f"https://{name}",
    )

    assert answer.status_code == 303
    assert link_in(newest_letter_to(db, sam.email)).startswith("https://portal.test/")


def test_a_used_link_is_answered_kindly(db, browser, other_browser):
    sign_up(browser)
    link = link_in(newest_letter_to(db, SAM))
    browser.open(link)
    other_browser.open(link)
    browser.press("Yes, this is my address")

    assert browser.open(link, expect=404).heading == "This link no longer works"
    page = other_browser.press("Yes, this is my address", expect=404)
    assert page.heading == "This link no longer works"


def test_a_link_that_is_too_old_is_answered_kindly(db, now, later, browser):
    sam = make.client(db)
    ask_for_new_password(browser, sam.email)
    link = link_in(newest_letter_to(db, sam.email))
    browser.open(link)
    browser.fill("New password", PASSWORD)

    later(now + timedelta(hours=1))
    page = browser.press("Keep this password", expect=404)

    assert page.heading == "This link no longer works"
    assert db.scalars(select(MailedLink)).one().used_at is None


@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_a_new_password_replaces_the_old_one_everywhere(db, browser, other_browser, kind):
    person = kind(db)
    other_browser.sign_in(person)
    ask_for_new_password(browser, person.email)

    page = browser.open(link_in(newest_letter_to(db, person.email)))
    assert page.field_labelled("Email address").get("value") == person.email
    browser.fill("New password", PASSWORD)
    page = browser.press("Keep this password")

    assert browser.path == "/sign-in"
    assert page.text.startswith("Your new password is kept. Sign in with it.")
    home = "/next" if kind is make.client else "/desk"
    other_browser.open(home)
    assert other_browser.path == f"/sign-in?next={home}"
    assert sign_in(browser, person.email).errors == [
        "That email address and password do not belong together here"
    ]
    sign_in(browser, person.email, PASSWORD)
    assert browser.path == home
    assert newest_letter_to(db, person.email).subject == "Your password was changed"


def test_a_weak_new_password_is_refused_and_the_link_stays_good(db, browser):
    sam = make.client(db)
    ask_for_new_password(browser, sam.email)
    browser.open(link_in(newest_letter_to(db, sam.email)))

    browser.fill("New password", sam.email)
    page = browser.press("Keep this password")

    assert page.errors == ["Use more than your address or our name: three or four unrelated words will do"]
    browser.fill("New password", PASSWORD)
    browser.press("Keep this password")
    assert browser.path == "/sign-in"


def test_a_hash_is_made_anew_at_todays_cost_when_its_owner_signs_in(app, db, browser):
    sam = make.client(db)
    sam.password_hash = hash_password(make.PASSWORD, cost=Cost(passes=2, memory_kib=16))
    db.flush()

    sign_in(browser, sam.email)

    assert browser.path == "/next"
    kept = client_called(db, sam.email).password_hash
    assert not is_outdated(kept, cost=Cost(*app.config["ARGON2"]))
    browser.press("Sign out")
    sign_in(browser, sam.email)
    assert browser.path == "/next"


def test_an_address_signs_in_in_whichever_case_it_is_typed(db, browser):
    sam = make.client(db)

    sign_in(browser, f"  {sam.email.upper()} ")

    assert browser.path == "/next"


def test_signing_in_leads_to_where_one_wanted_to_go(db, browser):
    sam = make.client(db)

    sign_in(browser, sam.email, path="/sign-in?next=/reading")

    assert browser.path == "/reading"


def test_where_one_wanted_to_go_survives_a_wrong_password(db, browser):
    sam = make.client(db)
    sign_in(browser, sam.email, "not the password", path="/sign-in?next=/reading")

    browser.fill("Email address", sam.email)
    browser.fill("Password", make.PASSWORD)
    browser.press("Sign in")

    assert browser.path == "/reading"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_signing_in_never_leads_to_another_site(db, app, now, later):
    """By whichever way the wish comes: in the address, or in the form."""
    sam = make.client(db)
    for minutes, wish in enumerate(filter(None, FOREIGN)):
        # So many in one minute would be too many.
        later(now + timedelta(minutes=minutes))
        browser = Browser(app)
        page = browser.http.get("/sign-in", query_string={"next": wish}, base_url="https://portal.test")
        if page.status_code == 400:
            continue
        assert "evil" not in page.text
        token = page.text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
        answer = browser.http.post(
            "/sign-in",
            query_string={"next": wish},
            data={"email": sam.email, "password": make.PASSWORD, "csrf_token": token, "next": wish},
            headers={"Referer": "https://portal.test/sign-in"},
            base_url="https://portal.test",
        )
        if answer.status_code == 400:
            continue
        assert (answer.status_code, answer.headers["Location"]) == (303, "/next"), wish


@pytest.mark.parametrize(
    "typed",
    [
        "' OR 1=1 --",
        "{{ 7*7 }}",
        "<b>sam</b>",
        "x" * 100_000,
        "\u202e",
        "sam@example.org\r\nBcc: kit@example.org",
    ],
)
@pytest.mark.parametrize("page", ["/sign-in", "/sign-up", "/forgotten-password"])
def test_strange_words_are_taken_as_words(browser, page, typed):
    button = {"/sign-in": "Sign in", "/sign-up": "Make my account", "/forgotten-password": "Send me a link"}[
        page
    ]
    browser.open(page)
    browser.fill("Email address", typed)

    errors = browser.press(button).errors

    assert errors[0] == "Enter your email address, like name@example.org"


def test_mails_say_nothing_of_what_this_is_for(db, browser):
    """P2, over a shoulder: neither subject nor body."""
    sam, unknown = make.client(db), "nobody@example.org"
    sign_up(browser, unknown)
    sign_up(browser, sam.email)
    ask_for_new_password(browser, sam.email)
    ask_for_new_password(browser, "somebody.else@example.org")
    browser.open(link_in(letters_to(db, sam.email)[1]))
    browser.fill("New password", PASSWORD)
    browser.press("Keep this password")

    letters = [
        *letters_to(db, unknown),
        *letters_to(db, sam.email),
        *letters_to(db, "somebody.else@example.org"),
    ]

    assert len({letter.subject for letter in letters}) == 5
    for letter in letters:
        said = (letter.subject + letter.body).lower()
        telling = (
            "therap",
            "client",
            "patient",
            "health",
            "consult",
            "intake",
            "question",
            "anxi",
            "counsel",
        )
        assert [word for word in telling if word in said] == []
        assert "http://" not in said
        assert "Sam Reed" not in letter.body
