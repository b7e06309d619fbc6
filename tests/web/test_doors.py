"""What comes in is whole, ours and of an ordinary size, or it is refused before anyone reads it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from portal.jobs.models import Heartbeat
from portal.web.audience import Audience, audience_of
from portal.web.security import POLICY
from tests.browser import Page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE = "https://portal.test"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def visit(app):
    """Call it with a path; the code of the answer, which is a page whatever it says."""
    http = app.test_client()
    form = Page(http.get("/sign-in", base_url=BASE).text).root
    token = next(field.get("value") for field in form.all("input") if field.get("name") == "csrf_token")
    # A form's token in a header, so that a body may be anything.
    own = {"X-CSRFToken": token, "Referer": f"{BASE}/sign-in"}

    def open_page(path="/sign-in", *, method="GET", headers=None, **request):
        answer = http.open(path, method=method, base_url=BASE, headers=own | (headers or {}), **request)
        assert answer.headers["Content-Security-Policy"] == POLICY
        if answer.status_code >= 400 and method != "HEAD":
            assert "<h1>" in answer.text
        return answer.status_code

    return open_page


def raw(path="/sign-in", query=""):
    return {"environ_overrides": {"PATH_INFO": path, "QUERY_STRING": query}}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_is_not_larger_than_a_megabyte(visit, method):
    assert visit(method=method, data=b"a=" + b"b" * 1_000_000, content_type=FORM) == 413
    assert visit(method="POST", data=b"a=" + b"b" * 999_998, content_type=FORM) == 200


def test_a_body_of_a_thousand_fields_is_not_a_form(visit):
    assert visit(method="POST", data=b"&".join([b"a=b"] * 1_000), content_type=FORM) == 200
    assert visit(method="POST", data=b"&".join([b"a=b"] * 1_001), content_type=FORM) == 413


@pytest.mark.parametrize("encoding", ["chunked", "gzip, chunked", "identity", ""])
def test_a_body_says_how_long_it_is(visit, encoding):
    sent = {"headers": {"Transfer-Encoding": encoding}, "data": "a=b", "content_type": FORM}

    assert visit(method="POST", **sent) == 411


@pytest.mark.parametrize(
    "unfit", ["%", "%2", "%zz", "a=%", "a=%C3%28", "a=%FF", "a=%00", "a=%ED%A0%80", "\xff", "a=\x00"]
)
def test_a_query_is_whole(visit, unfit):
    assert visit(**raw(query=unfit)) == 400


@pytest.mark.parametrize("unfit", ["/%zz", "/%", "/\xff", "/\xc3\x28", "/sign-in\x00", "/\xed\xa0\x80"])
def test_a_path_is_whole(visit, unfit):
    assert visit(**raw(unfit)) == 400


@pytest.mark.parametrize(
    "unfit", [b"a=%", b"a=%zz", b"a=%C3%28", b"\xff=b", b"a=%00", b"a=\x00", b"a=%ED%A0%80", b"%=b"]
)
def test_a_body_is_whole(visit, unfit):
    assert visit(method="POST", data=unfit, content_type=FORM) == 400


def test_letters_of_every_script_are_whole(visit):
    assert visit(**raw(query="a=%E6%97%A5+b&c=\xc3\xa9")) == 200
    assert visit(method="POST", data="a=%E6%97%A5&b=é".encode(), content_type=FORM) == 200


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "text/xml", "nonsense", ""]
)
def test_only_a_form_is_read(visit, kind):
    assert visit(method="POST", data=b'{"a": "b"}', content_type=kind) == 415


def test_nothing_is_a_form_too(visit):
    assert visit(method="POST") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "portal.test.evil.example",
        "portal.test@evil.example",
        "portal.test, evil.example",
        "evil.example:443",
        "portal.test:https",
        "",
        "\xff",
        "[::1",
        "a" * 5_000,
    ],
)
def test_only_our_own_name_is_answered_to(visit, host):
    sent = {"environ_overrides": {"HTTP_HOST": host, "SERVER_NAME": "10.0.0.1"}}

    assert visit(**sent) == 400
    assert visit(method="POST", **sent) == 400


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "http://portal.test", "https://portal.test:8443", "https://[", "x"],
)
def test_a_form_of_a_stranger_s_page_is_refused(visit, origin):
    assert visit(method="POST", headers={"Origin": origin}) == 400
    assert visit(method="POST", headers={"Origin": BASE}) == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_what_the_browser_says_came_from_another_site_is_refused(visit, site):
    assert visit(method="POST", headers={"Sec-Fetch-Site": site}) == 400
    assert visit(method="POST", headers={"Sec-Fetch-Site": "same-origin"}) == 200
    # A link from elsewhere may be followed.
    assert visit(headers={"Sec-Fetch-Site": site}) == 200


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PUT", "DELETE", "PATCH", "CONNECT", "BREW"])
def test_other_methods_are_not_known(app, visit, method):
    assert visit(method=method) == 405
    assert visit("/no-such-page", method=method) == 405
    answer = app.test_client().open("/sign-in", method=method, base_url=BASE)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_an_address_is_not_a_letter(visit):
    assert visit(**raw(query="a" * 3_900)) == 200
    assert visit(**raw(query="a" * 4_000)) == 414
    assert visit(**raw("/" + "a" * 4_000)) == 414


@pytest.mark.parametrize(
    "cookie",
    [
        "foyer",
        "__Host-foyer=",
        "__Host-foyer=a.b.c",
        "=;=;=",
        "__Host-foyer=\xff",
        "a=" + "b" * 9_000,
        ";" * 99,
    ],
)
def test_a_cookie_that_is_not_ours_is_nobody_s(app, cookie):
    http = app.test_client(use_cookies=False)

    for path, code in {"/": 200, "/sign-in": 200, "/next": 303}.items():
        assert http.get(path, base_url=BASE, headers={"Cookie": cookie}).status_code == code


# What hostile programs send, where a form or an address can hold anything.
TEXTS = some.one_of(
    some.text(max_size=40),
    some.sampled_from(
        ["' OR 1=1 --", "{{7*7}}", "<script>", "../../etc/passwd", "//evil.example", "\r\nSet-Cookie: a=b",
         "9" * 400, "-1", "1e999", "sam@foyer.example", "a" * 2_000, "\u202e", "Europe/../London", "\ud7ff"]
    ),
)  # fmt: skip
RAW = some.one_of(some.text(some.characters(max_codepoint=255), max_size=40), some.just("%00"))


@pytest.fixture
def public_rules(app, db, now):
    """The pages that anybody may open, of a portal that is ready for them."""
    db.add(Heartbeat(worker="a", beat_at=now))
    db.flush()
    views = app.view_functions
    return [rule for rule in app.url_map.iter_rules() if audience_of(views[rule.endpoint]) is Audience.PUBLIC]


@pytest.fixture
def field_names(app, public_rules):
    """What the forms of the public pages ask for, and some that they do not."""
    http = app.test_client()
    paths = [rule.rule for rule in public_rules if not rule.arguments and "GET" in (rule.methods or ())]
    answers = [http.get(path, base_url=BASE) for path in paths]
    pages = [Page(answer.text) for answer in answers if answer.mimetype == "text/html" and answer.text]
    names = {field.get("name") for page in pages for field in page.root.all("input", "select", "textarea")}
    assert {"email", "password"} <= names
    return sorted(names | {"next", "id", "_method", ""})


@hypothesis_settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=some.data())
def test_no_public_page_breaks_whatever_it_is_sent(app, visit, public_rules, field_names, data):
    rule = data.draw(some.sampled_from(public_rules))
    arguments = {name: data.draw(TEXTS) for name in rule.arguments}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: quote(arguments[found.group(1)], safe=""), rule.rule)
    names = some.one_of(some.sampled_from(field_names), TEXTS)
    request = data.draw(
        some.fixed_dictionaries(
            {
                "method": some.sampled_from(["GET", "POST", "HEAD"]),
                "query_string": some.dictionaries(names, TEXTS, max_size=3),
                "data": some.dictionaries(names, TEXTS, max_size=5),
            }
        )
    )
    strange = data.draw(
        some.dictionaries(
            some.sampled_from(["HTTP_COOKIE", "HTTP_REFERER", "HTTP_ACCEPT", "HTTP_ORIGIN", "QUERY_STRING",
                               "HTTP_HOST", "CONTENT_TYPE", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE",
                               "HTTP_X_FORWARDED_FOR", "CONTENT_LENGTH"]),
            RAW,
            max_size=2,
        )
    )  # fmt: skip

    assert visit(path, environ_overrides=strange, **request) < 500
