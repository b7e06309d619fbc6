"""Where a view takes a file a form may bring one, of its own size; nowhere else, and nothing else changes."""

from __future__ import annotations

import pytest
from flask import request

from portal.web import doors
from portal.web.audience import public

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE = "https://portal.test"
MOST = 2_000_000


@pytest.fixture
def http(app):
    @doors.takes_a_file(most_bytes=MOST)
    @public
    def take():
        chosen = request.files.get("file")
        return {"file": len(chosen.read()) if chosen else None, "text": request.form.get("text")}

    app.add_url_rule("/takes-a-file", "take", take, methods=["POST"])
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def sent(http, path="/takes-a-file", content=b"{}", **more):
    """As a browser encodes it: the test's own client would lay a long body on a disk."""
    fields = [f'name="{name}"\r\n\r\n{text}'.encode() for name, text in more.items()]
    parts = [*fields, b'name="file"; filename="a.json"\r\n\r\n' + content]
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return http.post(
        path, data=body + b"--x--\r\n", content_type="multipart/form-data; boundary=x", base_url=BASE
    )


def test_a_file_and_the_words_beside_it_arrive(http):
    words = "\N{LATIN SMALL LETTER E WITH ACUTE} " * 100_000

    answer = sent(http, content=b"x" * 1_500_000, text=words)

    assert answer.json == {"file": 1_500_000, "text": words}


def test_words_alone_may_be_as_long_as_the_file(http):
    answer = sent(http, content=b"", text="a" * 1_900_000)

    assert len(answer.json["text"]) == 1_900_000


def test_there_is_an_end_to_its_size(http):
    assert sent(http, content=b"x" * MOST).status_code == 413


def test_no_other_form_brings_a_file(http):
    assert sent(http, "/sign-in").status_code == 415
    assert sent(http, "/sign-in", b"x" * 1_500_000).status_code == 413


def test_an_ordinary_form_at_its_address_is_as_long_as_elsewhere(http):
    form = "application/x-www-form-urlencoded"

    assert http.post("/takes-a-file", data="text=a", content_type=form, base_url=BASE).status_code == 200
    long = http.post("/takes-a-file", data="text=" + "a" * 1_000_000, content_type=form, base_url=BASE)
    assert long.status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_nothing_else_is_read_there(http, kind):
    assert http.post("/takes-a-file", data=b"{}", content_type=kind, base_url=BASE).status_code == 415


def test_a_character_that_nothing_can_hold_is_refused_in_words_and_is_the_files_own_affair(http):
    assert sent(http, text="a\0b").status_code == 400
    assert sent(http, content=b"a\0\xff").status_code == 200


def test_a_thousand_parts_are_no_form(http):
    many = {f"field-{number}": "a" for number in range(1000)}

    assert sent(http, **many).status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", b"\xff" * 99],
)
def test_what_is_no_such_form_breaks_nothing(http, body):
    answer = http.post(
        "/takes-a-file", data=body, content_type="multipart/form-data; boundary=x", base_url=BASE
    )

    assert answer.status_code in {200, 400}


def test_where_a_file_is_taken_is_known_before_anybody_asks(app):
    """By its whole address, since nobody has matched one yet: so none with a placeholder can take one."""
    readings = {f"/desk/readings/{place}": 5_500_000 for place in ("new", "draft", "import", "mending")}
    assert doors.larger_bodies(app) == {"/desk/questionnaire/all/file": 5_100_000, **readings}
