"""Adding therapists and signing people out, at a terminal."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.accounts.models import Client, SignedInPlace, Therapist
from portal.accounts.passwords import Cost, is_right
from portal.journal.lines import Hand
from portal.journal.models import JournalLine
from tests import make
from tests.browser import Browser

PASSWORD = "lantern otter gravel"


def add(app, *more, name="Ada Marsh", email="Ada@Example.org", typed=PASSWORD + "\n"):
    arguments = ["therapist", "add", name, "--email", email, "--password-stdin", *more]
    return app.test_cli_runner().invoke(args=arguments, input=typed)


def test_a_therapist_is_added_and_can_sign_in(app, db, now):
    said = add(app, "--time-zone", "Europe/Paris")

    ada = db.scalars(select(Therapist)).one()
    assert said.output.splitlines() == [
        "Ada Marsh can sign in with ada@example.org",
        "The practice is set up in eight short pages: https://portal.test/desk/practice/first-start",
        "Nobody can ask for a time before there are working hours: https://portal.test/desk/hours",
        'or: hours set "Mon-Thu 09:00-12:00, 13:00-17:00" --therapist ada@example.org',
    ]
    assert (ada.name, ada.email, ada.time_zone, ada.added_at) == (
        "Ada Marsh",
        "ada@example.org",
        "Europe/Paris",
        now,
    )
    assert is_right(PASSWORD, ada.password_hash, cost=Cost(*app.config["ARGON2"]))


def test_the_password_is_asked_for_and_not_shown(app, db):
    arguments = ["therapist", "add", "Ada Marsh", "--email", "ada@example.org"]

    said = app.test_cli_runner().invoke(args=arguments, input=f"{PASSWORD}\n{PASSWORD}\n")

    assert said.exit_code == 0
    assert PASSWORD not in said.output
    assert is_right(PASSWORD, db.scalars(select(Therapist.password_hash)).one(), cost=Cost(1, 8))


def test_without_a_zone_it_is_the_practices(app, db):
    add(app)

    assert db.scalars(select(Therapist.time_zone)).one() == "UTC"


@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_an_address_that_is_taken_is_refused_in_one_line(app, db, kind):
    taken = kind(db).email

    said = add(app, email=taken)

    assert said.exit_code == 1
    assert said.output == f"Error: {taken} is taken: somebody signs in with it already\n"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"email": "ada"}, "ada is not an email address"),
        ({"typed": "short\n"}, "Use at least 12 characters: three or four unrelated words will do"),
        ({"typed": ""}, "Use at least 12 characters: three or four unrelated words will do"),
        ({"name": "  "}, "A therapist needs a name"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(app, db, wrong, line):
    said = add(app, **wrong)

    assert (said.exit_code, said.output) == (1, f"Error: {line}\n")
    assert db.scalars(select(Therapist)).all() == []


def test_a_zone_that_does_not_exist_is_refused(app):
    said = add(app, "--time-zone", "Europe/Atlantis")

    assert said.output == "Error: Europe/Atlantis is not a time zone; one reads like Europe/London\n"


def test_clients_who_wait_become_the_first_therapists(app, db):
    sam = make.client(db, therapist=None)

    add(app)

    db.expire_all()
    assert db.get(Client, sam.id).therapist_id == db.scalars(select(Therapist.id)).one()


def signed_in(db):
    db.expire_all()
    return db.scalars(select(SignedInPlace)).all()


def test_the_practice_signs_somebody_out_everywhere(app, db, browser):
    sam, kit = make.client(db), make.client(db)
    for person in (sam, kit):
        Browser(app).sign_in(person)

    said = app.test_cli_runner().invoke(args=["account", "sign-out", sam.email])

    assert said.output == f"{sam.email} is signed out everywhere.\n"
    assert [place.client_id for place in signed_in(db)] == [kit.id]
    line = db.scalars(select(JournalLine).order_by(JournalLine.number.desc())).first()
    assert (line.what, line.hand, line.about) == ("put-out", Hand.OPERATOR, sam.reference)


def test_the_practice_signs_everybody_out(app, db, browser):
    Browser(app).sign_in(make.client(db))
    Browser(app).sign_in(make.therapist(db))

    said = app.test_cli_runner().invoke(args=["account", "sign-out", "--everybody"])

    assert (said.exit_code, signed_in(db)) == (0, [])


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["nobody@example.org"], "Error: Nobody signs in with nobody@example.org"),
        ([], "Error: Name one address, or say --everybody"),
        (["sam@example.org", "--everybody"], "Error: Name one address, or say --everybody"),
    ],
)
def test_whom_to_sign_out_has_to_be_said(app, db, more, line):
    said = app.test_cli_runner().invoke(args=["account", "sign-out", *more])

    assert said.exit_code != 0
    assert said.output.splitlines()[-1] == line
