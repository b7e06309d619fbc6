"""From the first page to the second time, as two people go it; and what must not leak on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import product

import pytest
from icalendar import Calendar
from sqlalchemy import select, text

from portal.accounts.models import Client
from portal.database import Base, transaction
from portal.intake.services import publish_shipped_questionnaire
from portal.jobs.worker import Worker
from portal.mail.models import OutgoingEmail
from portal.reading.services import import_shipped_readings
from tests import make
from tests.browser import Browser

PASSWORD = "tangerine lamp orbit quartz"
# What Sam types, each with a word that stands nowhere else.
NAME, TROUBLE, LAST, WORDS, REPLY = (
    "Sam Quokkason",
    "Since the zeppelin left I cannot find the shore.",
    "One more thing about the wombat.",
    "Mornings suit my axolotl best.",
    "The narwhal and I look forward to it another day.",
)
# Words that would tell over a shoulder what the portal is for (P2).
TELLING = re.compile(
    r"therap|psych|counsel|mental|health|heal|coping|trauma|crisis|anxi|depress|questionnaire|intake|"
    r"suicid|safety|consultation|session|treatment|patient|clinic",
    re.IGNORECASE,
)


@pytest.fixture
def ada(app, db, now):
    with app.app_context(), transaction() as first_start:
        import_shipped_readings(first_start, now=now)
        publish_shipped_questionnaire(first_start, now=now)
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada, weekday=2)
    make.working_hours(db, ada, weekday=3)
    db.flush()
    return ada


@pytest.fixture
def mailed(app, db):
    """Deliver what is due, and give back what goes out, newest last: subject, body and calendar file."""
    letter = select(OutgoingEmail.subject, OutgoingEmail.body, OutgoingEmail.calendar)

    def deliver():
        letters = db.execute(letter.where(OutgoingEmail.sent_at.is_(None)).order_by(OutgoingEmail.id)).all()
        worker = Worker(app)
        while worker.do_next():
            pass
        return letters

    return deliver


def join(app, mailed) -> Browser:
    """Step 1: an account, and the button that proves the address."""
    sams = Browser(app)
    sams.open("/")
    sams.follow("Begin")
    sams.fill("Email address", "sam@example.org")
    sams.fill("Password", PASSWORD)
    sams.press("Make my account")
    link = re.search(r"https://\S+/account/address/\S+", mailed()[-1].body)
    assert link
    sams.open(link.group())
    sams.press("Yes, this is my address")
    assert sams.page.heading == "Your next step"
    return sams


def read(sams: Browser) -> None:
    """Step 3: the first reading, and saying so."""
    sams.open("/reading/coping-and-healing")
    assert sams.page.heading == "The Difference Between Coping and Healing"
    sams.press("I have read it")
    assert "You said" in sams.open("/next").text


def answer_some(sams: Browser) -> None:
    """Step 4, first half: one answered, one skipped, one not said, one kept for the conversation."""
    sams.open("/questions")
    sams.press("Begin")
    sams.fill("What would you like to be called?", NAME)
    sams.press("Continue")
    sams.fill("What brings you here?", TROUBLE)
    sams.press("Continue")
    sams.press("Skip for now")
    sams.press("I would rather not say")
    sams.press("Talk about it in person")


def answer_the_rest_and_send(app, sam: Client) -> Browser:
    """Step 4, second half: on another browser, exactly there; check, change, send."""
    sams = Browser(app)
    sams.sign_in(sam)
    assert "1 kept for talking about in person" in sams.open("/next").text
    sams.open("/questions")
    sams.follow("Go on where you were")
    assert sams.page.heading == "Have you been in therapy or counselling before?"
    sams.choose("No")
    sams.press("Continue")
    sams.follow("Continue")
    sams.choose("I am not sure")
    sams.press("Continue")
    sams.fill("Is there anything else you would like to say?", LAST)
    sams.press("Continue")
    assert sams.page.heading == "Check your answers"
    sams.open("/questions/sleep?from=check")
    sams.choose("Mostly well")
    sams.press("Continue")
    assert sams.page.heading == "Check your answers"
    sams.press("Send my answers")
    for shown in (NAME, TROUBLE, LAST, "Mostly well"):
        assert shown in sams.page.text
    return sams


def ask_for(sams: Browser, time: str, *, instead: bool = False) -> str:
    """Steps 5 and 7: a time is asked for and held. Gives back the consultation's address."""
    if instead:
        sams.open("/next")
        sams.follow("Choose another time")
    else:
        sams.open("/times")
    sams.choose(time)
    sams.fill("Anything you would like to say with it (optional)", WORDS)
    sams.press("Ask for this time")
    assert time.partition(",")[0] in sams.page.text
    return sams.path


def answered(adas: Browser, address: str, button: str) -> None:
    adas.open("/desk" + address)
    adas.press(button)


def go_all_the_way(app, db, ada, now, later, mailed):
    """All eight steps; gives back Sam's and Ada's browsers and every mail's text."""
    sams = join(app, mailed)
    sam = db.scalars(select(Client)).one()
    sams.open("/next")
    assert sams.page.text.count("Open") == 3
    read(sams)
    answer_some(sams)
    sams = answer_the_rest_and_send(app, sam)
    first = ask_for(sams, "Tuesday 2 March, 11:00")
    assert "Held for you" in sams.open("/next").text

    adas = Browser(app)
    adas.sign_in(ada)
    assert "1 to answer" in adas.open("/desk").text
    page = adas.open(f"/desk/clients/{sam.reference}")
    for shown in (NAME, TROUBLE, WORDS, "Skipped", "An answer to look at today", "The answer stands below"):
        assert shown in page.text
    adas.press("I have seen this")
    answered(adas, first, "Confirm Tue 2 March, 11:00")
    mails = mailed()

    later(now + timedelta(hours=1))
    adas.sign_in(ada)
    sams = Browser(app)
    sams.open("/sign-in")
    sams.fill("Email address", "sam@example.org")
    sams.fill("Password", PASSWORD)
    sams.press("Sign in")
    second = ask_for(sams, "Wednesday 3 March, 12:00", instead=True)
    assert "Tuesday 2 March" in sams.open("/next").text
    assert "Wednesday 3 March" in sams.page.text
    answered(adas, second, "Confirm Wed 3 March, 12:00")
    assert "Tuesday 2 March" not in sams.open("/next").text

    answered(adas, second, "Cancel this time")
    third = ask_for(sams, "Wednesday 3 March, 12:00")
    adas.open("/desk" + third)
    adas.fill("A few kind words (optional)", REPLY)
    adas.press("Decline this time")
    assert REPLY in sams.open(third).text
    assert "Wednesday 3 March, 12:00" in sams.open("/times").text
    return sams, adas, mails + mailed()


def test_all_eight_steps(app, db, ada, now, later, mailed):
    go_all_the_way(app, db, ada, now, later, mailed)


def test_nothing_that_leaves_tells_over_a_shoulder(app, db, ada, now, later, mailed):
    """P2: mails, their subjects and senders, calendar files, titles, mailed addresses."""
    _, _, letters = go_all_the_way(app, db, ada, now, later, mailed)
    leaving = [part for letter in letters for part in letter if part]
    # As they travelled, with every header.
    files = list((app.config["INSTANCE"] / "mail").iterdir())
    leaving += [path.name for path in files]
    leaving += [str(message_from_bytes(path.read_bytes(), policy=policy.default)) for path in files]

    assert len(leaving) > 15
    for each in leaving:
        told = TELLING.findall(each)
        assert not told, f"{told} in: {each}"


def test_none_of_the_words_typed_is_in_the_database(app, db, ada, now, later, mailed):
    """P1: not in a row, nor in the file and its log where the database is one."""
    go_all_the_way(app, db, ada, now, later, mailed)
    canaries = ["Quokkason", "zeppelin", "wombat", "axolotl", "narwhal"]
    stored = "".join(
        str(row)
        for table in Base.metadata.sorted_tables
        for row in db.execute(text(f'SELECT * FROM "{table}"'))
    )
    if app.config["DATABASE_URL"].startswith("sqlite"):
        folder = app.config["INSTANCE"].parent
        stored += "".join(path.read_bytes().decode("latin-1") for path in folder.glob("portal.db*"))

    # There is something to find: the same search finds what may stand there.
    assert "sam@example.org" in stored
    assert [word for word in canaries if word.lower() in stored.lower()] == []


def test_one_calendar_entry_lives_from_the_first_time_to_the_last(app, db, ada, now, later, mailed):
    """T7: the same UID while a consultation is moved, and a SEQUENCE that only rises."""
    _, _, letters = go_all_the_way(app, db, ada, now, later, mailed)
    entries = [Calendar.from_ical(letter.calendar) for letter in letters if letter.calendar]
    # The request that came after it has one of its own, which is taken out when it is declined.
    entries, others = entries[:3], entries[3:]
    events = [entry.events[0] for entry in entries]

    assert [str(entry["METHOD"]) for entry in entries] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [str(entry["METHOD"]) for entry in others] == ["CANCEL"]
    assert others[0].events[0]["UID"] != events[0]["UID"]
    sequence = [int(event["SEQUENCE"]) for event in events]
    assert sequence == list(range(sequence[0], sequence[0] + 3))
    assert [f"{event.start:%d %H:%M %Z}" for event in events] == [
        "02 11:00 UTC",
        "03 12:00 UTC",
        "03 12:00 UTC",
    ]


def test_opening_an_address_changes_nothing(app, db, ada, now, later, mailed):
    """T6: every address that a GET or HEAD opens, by anybody, leaves every row as it was."""
    sams, adas, _ = go_all_the_way(app, db, ada, now, later, mailed)
    kits = Browser(app)
    kits.sign_in(make.client(db, therapist=ada, name="Kit"))
    before, opened = everything(db), []

    for visitor in (Browser(app), kits, sams, adas):
        for address in addresses(app, db):
            for look in (visitor.http.get, visitor.http.head):
                answer = look(address, base_url=app.config["BASE_URL"])
                assert answer.status_code < 500 or address == "/readyz", address
                opened += [address] if answer.status_code == 200 else []
                answer.close()

    assert everything(db) == before
    # There was something to open: what is private to each of them, too.
    for whose in ("/questions", "/consultations/", "/desk/clients/", "/desk/calendar", "/times"):
        assert any(address.startswith(whose) for address in opened), whose


def test_opening_a_link_that_was_mailed_changes_nothing(app, db, mailed):
    """T6: a scanner opens every link of every mail, before the person does and again afterwards."""
    sams = Browser(app)
    sams.open("/sign-up")
    sams.fill("Email address", "sam@example.org")
    sams.fill("Password", PASSWORD)
    sams.press("Make my account")
    links = re.findall(r"https://portal\.test\S+", mailed()[-1].body)
    before = everything(db)

    for link in links * 2:
        for look in (app.test_client().get, app.test_client().head):
            look(link.removeprefix("https://portal.test"), base_url=app.config["BASE_URL"]).close()

    assert any("/account/address/" in link for link in links)
    assert everything(db) == before
    sams.open(links[0])
    sams.press("Yes, this is my address")
    assert sams.page.heading == "Your next step"


def test_what_is_sams_is_not_found_by_kit_or_by_nobody(app, db, ada, now, later, mailed):
    """P3: another's things are not found by a client or another therapist; a stranger has to sign in."""
    go_all_the_way(app, db, ada, now, later, mailed)
    kits, others = Browser(app), Browser(app)
    kits.sign_in(make.client(db, therapist=ada, name="Kit"))
    others.sign_in(make.therapist(db, name="Noor"))
    private = [address for address in addresses(app, db) if references_in(db, address)]

    assert len(private) > 8
    for address in private:
        for stranger in (kits, others):
            answer = stranger.http.get(address, base_url=app.config["BASE_URL"])
            assert answer.status_code == 404 or leads_on(answer), address
        answer = Browser(app).http.get(address, base_url=app.config["BASE_URL"])
        assert answer.headers.get("Location", "").startswith("/sign-in"), address


def test_nobody_does_anything_with_what_is_sams(app, db, ada, now, later, mailed):
    """P3: every POST that names something of Sam's is *not found* to others, and changes nothing."""
    go_all_the_way(app, db, ada, now, later, mailed)
    kits, others = Browser(app), Browser(app)
    kits.sign_in(make.client(db, therapist=ada, name="Kit"))
    others.sign_in(make.therapist(db, name="Noor"))
    before, tried = everything(db), 0

    for visitor, page in ((kits, "/times"), (others, "/desk/calendar")):
        form, _ = visitor.open(page).form_with("Sign out")
        token = next(field.get("value") for field in form.all("input") if field.get("name") == "csrf_token")
        for address in addresses(app, db, method="POST"):
            # What is gone already is gone: so it is for what never was theirs.
            if not references_in(db, address) or address.startswith("/kept/"):
                continue
            form = {"csrf_token": token, "reply": "x", "words": "x", "starts_at": "2027-03-09T10:00Z"}
            base = app.config["BASE_URL"]
            answer = visitor.http.post(address, data=form, base_url=base, headers={"Referer": base})
            assert answer.status_code == 404, (page, address, answer.status_code)
            tried += 1

    assert tried > 10
    assert everything(db) == before


def everything(db):
    """Every row but when a place was last used, that a record was opened (T6, P4), how often one tried."""
    db.expire_all()
    written = {"signed_in_place", "journal_line", "journal_head", "counter"}
    tables = [table for table in Base.metadata.sorted_tables if table.name not in written]
    return {table.name: sorted(map(str, db.execute(select(table)))) for table in tables}


def references_in(db, address):
    """The references of Sam's that the address holds."""
    known = [*db.scalars(text("SELECT reference FROM consultation"))]
    known += db.scalars(text("SELECT reference FROM client WHERE email = 'sam@example.org'"))
    return [each for each in known if each in address]


def leads_on(answer):
    """To the page of the same thing, which says the same of it: that it is not found."""
    return answer.status_code == 303 and "onsultations/" in answer.headers["Location"]


def addresses(app, db, *, method: str = "GET") -> list[str]:
    """Every address of the portal that takes the method, its placeholders filled with all that fits them."""
    fitting = {
        "slug": db.scalars(text("SELECT slug FROM reading")).all(),
        "link_id": ["name", "sleep", "right-now"],
        "token": ["made-up"],
        "name": ["made-up"],
        "filename": ["portal.css"],
    }
    found = []
    for rule in app.url_map.iter_rules():
        if method not in (rule.methods or ()):
            continue
        # A number is no reference: such an address is nobody's.
        if "reference" in rule.arguments and "<int" not in rule.rule:
            table = "client" if "clients" in rule.rule else "consultation"
            values = db.scalars(text(f"SELECT reference FROM {table}")).all()
            found += [re.sub(r"<[^>]*>", value, rule.rule) for value in values]
        elif rule.arguments:
            names = re.findall(r"<(?:[^<>]*:)?(\w+)>", rule.rule)
            for values in product(*(fitting.get(name, ["1"]) for name in names)):
                rest = iter(values)
                found.append(re.sub(r"<[^>]*>", lambda _, rest=rest: next(rest), rule.rule))
        else:
            found.append(rule.rule)
    return found
