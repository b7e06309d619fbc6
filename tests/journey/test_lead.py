"""A mailed link about an appointment has an address that tells nothing, and leads each to their own page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import make
from tests.browser import Browser


@pytest.fixture
def asked(db, now):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    return make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1))


def test_it_leads_a_client_and_a_therapist_to_their_own_page(app, asked):
    for person, page in ((asked.client, "/consultations/"), (asked.therapist, "/desk/consultations/")):
        visitor = Browser(app)
        visitor.sign_in(person)

        visitor.open(f"/to/{asked.reference}")

        assert visitor.path == page + asked.reference


def test_a_stranger_signs_in_first_and_is_led_there(app, asked):
    visitor = Browser(app)
    visitor.open(f"/to/{asked.reference}")
    assert visitor.page.heading == "Sign in"

    visitor.fill("Email address", asked.client.email)
    visitor.fill("Password", make.PASSWORD)
    visitor.press("Sign in")

    assert visitor.path == f"/consultations/{asked.reference}"


def test_it_tells_nobody_whether_there_is_such_an_appointment(app, db, asked):
    for reference in (asked.reference, "made-up"):
        answer = Browser(app).http.get(f"/to/{reference}", base_url=app.config["BASE_URL"])
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next=/to/{reference}")
    kits = Browser(app)
    kits.sign_in(make.client(db, therapist=asked.therapist))
    kits.open(f"/to/{asked.reference}", expect=404)
