"""A server elsewhere is asked within limits, where it was looked for, and nowhere inside."""

from __future__ import annotations

import base64
import socket
import ssl
import threading

import pytest
import trustme

from portal.calendars.addresses import Inside, address_of
from portal.calendars.failures import CannotBeRead, Why
from portal.calendars.fetching import Fetcher, Question
from tests.calendars.conftest import PATIENT
from tests.calendars.elsewhere import Elsewhere, says, sends_to

_HEAD = b"HTTP/1.1 200 OK\r\n"
# Somebody's, far away: nothing is ever sent to it, since the tests name the places themselves.
_ABROAD = (socket.AF_INET, ("198.51.99.1", 80))


def question(url, **more):
    return Question(address_of(url), **more)


def refusal(fetcher, url, **more):
    with pytest.raises(CannotBeRead) as problem:
        fetcher.ask(question(url, **more))
    return problem.value.why


@pytest.fixture
def for_ever():
    """Set when the test is over, for servers that would go on."""
    over = threading.Event()
    yield over
    over.set()


def test_what_is_there_is_fetched(elsewhere, fetcher):
    elsewhere.answer = says("a calendar", ETag='"v1"', Last_Modified="Mon, 01 Mar 2027 09:00:00 GMT")

    answer = fetcher.ask(question(elsewhere.url("/a?key=b")))

    assert (answer.body, answer.etag, answer.last_modified) == (
        b"a calendar",
        '"v1"',
        "Mon, 01 Mar 2027 09:00:00 GMT",
    )
    (asked,) = elsewhere.asked
    assert (asked.method, asked.target, asked.headers["host"]) == (
        "GET",
        "/a?key=b",
        f"127.0.0.1:{elsewhere.port}",
    )
    assert "authorization" not in asked.headers


def test_nothing_that_is_sent_says_who_asks(elsewhere, fetcher):
    fetcher.ask(question(elsewhere.url()))

    (asked,) = elsewhere.asked
    assert asked.headers["user-agent"] == "calendar-reader/1"
    assert asked.headers.keys() == {"host", "user-agent", "accept-encoding", "connection"}


def test_what_is_unchanged_is_not_sent_again(elsewhere, fetcher):
    elsewhere.answer = says(status="304 Not Modified")

    answer = fetcher.ask(question(elsewhere.url()).known_as('"v1"', "Mon, 01 Mar 2027 09:00:00 GMT"))

    assert answer.unchanged
    (asked,) = elsewhere.asked
    assert asked.headers["if-none-match"] == '"v1"'
    assert asked.headers["if-modified-since"] == "Mon, 01 Mar 2027 09:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("401 Unauthorized", Why.SIGN_IN),
        ("403 Forbidden", Why.SIGN_IN),
        ("404 Not Found", Why.NOT_THERE),
        ("410 Gone", Why.NOT_THERE),
        ("204 No Content", Why.TURNED_AWAY),
        ("302 Found", Why.TURNED_AWAY),
        ("429 Too Many Requests", Why.TURNED_AWAY),
        ("500 Internal Server Error", Why.TURNED_AWAY),
        ("799 Whatever", Why.TURNED_AWAY),
        ("nonsense", Why.NO_ANSWER),
    ],
)
def test_other_answers_have_a_name(elsewhere, fetcher, status, why):
    elsewhere.answer = says(status=status)

    assert refusal(fetcher, elsewhere.url()) is why


def test_a_packed_answer_is_not_unfolded(elsewhere, fetcher):
    elsewhere.answer = says(b"\x1f\x8b", Content_Encoding="gzip")

    assert refusal(fetcher, elsewhere.url()) is Why.NOT_A_CALENDAR
    assert elsewhere.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("announced", ["10", "99999999", None])
def test_a_body_without_end_is_not_read_to_its_end(elsewhere, fetcher, for_ever, announced):
    def answer(_request, connection):
        length = f"Content-Length: {announced}\r\n" if announced else ""
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode())
        while not for_ever.is_set():
            connection.sendall(b"x" * 65536)

    elsewhere.answer = answer
    if announced == "10":
        # What comes after the announced length is nobody's.
        assert fetcher.ask(question(elsewhere.url())).body == b"x" * 10
    else:
        assert refusal(fetcher, elsewhere.url()) is Why.TOO_LARGE


def test_a_chunked_body_without_end_is_not_read_to_its_end(elsewhere, fetcher, for_ever):
    def answer(_request, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not for_ever.is_set():
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    elsewhere.answer = answer
    assert refusal(fetcher, elsewhere.url()) is Why.TOO_LARGE


def test_a_server_that_never_answers(elsewhere, impatient, for_ever):
    elsewhere.answer = lambda _request, _connection: for_ever.wait()

    assert refusal(impatient, elsewhere.url()) is Why.NO_ANSWER


@pytest.mark.parametrize(
    "before",
    [b"", _HEAD + b"X: ", _HEAD + b"\r\n", _HEAD + b"Content-Length: 999\r\n\r\n"],
    ids=["nothing", "a line of the head", "a body", "a body with a length"],
)
def test_a_server_that_drips(elsewhere, hurried, for_ever, before):
    """A byte now and then is no silence; the whole has a limit of its own, in the head and in the body."""

    def answer(_request, connection):
        connection.sendall(before)
        while not for_ever.wait(0.1):
            connection.sendall(b"H")

    elsewhere.answer = answer
    assert refusal(hurried, elsewhere.url()) is Why.TOO_SLOW


def test_a_server_that_breaks_off(elsewhere, fetcher):
    elsewhere.answer = lambda _request, connection: connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    )

    # What was announced and did not come is missed here; what was not announced, when it is read.
    assert refusal(fetcher, elsewhere.url()) is Why.NO_ANSWER


def test_nobody_listens(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    assert refusal(fetcher, f"http://127.0.0.1:{port}/") is Why.NO_ANSWER


def test_no_such_host(fetcher):
    assert refusal(fetcher, "https://calendar.invalid/a.ics") is Why.NO_SUCH_HOST


def test_it_goes_where_it_is_sent(elsewhere, another_place, fetcher):
    elsewhere.answer = sends_to(another_place.url("/there"), "301 Moved Permanently")
    another_place.answer = says("a calendar")

    assert fetcher.ask(question(elsewhere.url())).body == b"a calendar"
    assert another_place.asked[0].target == "/there"


def test_it_does_not_go_in_circles(elsewhere, another_place, fetcher):
    elsewhere.answer, another_place.answer = sends_to(another_place.url("/")), sends_to(elsewhere.url())

    assert refusal(fetcher, elsewhere.url()) is Why.GOES_ROUND
    assert (len(elsewhere.asked), len(another_place.asked)) == (1, 1)


def test_it_does_not_go_on_and_on(elsewhere, fetcher):
    elsewhere.answer = lambda request, connection: sends_to(request.target + "a")(request, connection)

    assert refusal(fetcher, elsewhere.url()) is Why.GOES_ROUND
    assert len(elsewhere.asked) == PATIENT.redirects + 1


def test_a_chain_of_slow_redirects_has_one_limit(elsewhere, hurried, for_ever):
    def answer(request, connection):
        for_ever.wait(0.3)
        sends_to(request.target + "a")(request, connection)

    elsewhere.answer = answer
    assert refusal(hurried, elsewhere.url()) is Why.TOO_SLOW
    assert len(elsewhere.asked) <= 4


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{}/",
        "http://localhost:{}/",
        "http://2130706433:{}/",
        "http://[::ffff:127.0.0.1]:{}/",
    ],
)
def test_the_practice_s_own_network_is_not_asked(elsewhere, url):
    assert refusal(Fetcher(Inside(), limits=PATIENT), url.format(elsewhere.port)) is Why.INSIDE
    assert elsewhere.asked == []


def test_nobody_is_sent_into_the_practice_s_own_network(elsewhere, another_place):
    """The first server is one that may be asked, under its name; it sends on to one that may not."""
    elsewhere.answer = sends_to(another_place.url("/admin"))
    fetcher = Fetcher(
        Inside(["calendar.test"]),
        limits=PATIENT,
        resolve=lambda address, _seconds: [(socket.AF_INET, ("127.0.0.1", address.port))],
    )

    assert refusal(fetcher, elsewhere.url(host="calendar.test")) is Why.INSIDE
    assert (len(elsewhere.asked), another_place.asked) == (1, [])


def test_a_name_that_leads_inside_as_well_is_not_asked(elsewhere):
    fetcher = Fetcher(
        Inside(),
        limits=PATIENT,
        resolve=lambda address, _seconds: [_ABROAD, (socket.AF_INET, ("127.0.0.1", address.port))],
    )

    assert refusal(fetcher, elsewhere.url(host="calendar.test")) is Why.INSIDE
    assert elsewhere.asked == []


def test_a_name_is_asked_for_once_and_what_it_meant_then_counts(elsewhere):
    resolved = []

    def resolve(address, _seconds):
        resolved.append(address.host)
        return [(socket.AF_INET, ("127.0.0.1", address.port))]

    # No resolver of this machine knows the name: another question for it would fail.
    fetcher = Fetcher(Inside(["127.0.0.1"]), limits=PATIENT, resolve=resolve)
    fetcher.ask(question(elsewhere.url(host="calendar.invalid")))

    assert resolved == ["calendar.invalid"]
    assert elsewhere.asked[0].headers["host"] == f"calendar.invalid:{elsewhere.port}"


def test_the_next_address_of_a_host_is_tried(elsewhere):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = probe.getsockname()[1]
    places = [(socket.AF_INET, ("127.0.0.1", port)) for port in (nobody, elsewhere.port)]
    fetcher = Fetcher(Inside(["127.0.0.1"]), limits=PATIENT, resolve=lambda *_: places)

    assert fetcher.ask(question(elsewhere.url())).body


def test_a_password_is_sent_to_whom_it_was_given_for(elsewhere, another_place, fetcher):
    elsewhere.answer = lambda request, connection: sends_to(
        "/further" if request.target == "/mine.ics" else another_place.url("/")
    )(request, connection)

    fetcher.ask(question(elsewhere.url(), sign_in=("ada", "pass wörd")))

    expected = "Basic " + base64.b64encode("ada:pass wörd".encode()).decode()
    assert [asked.headers["authorization"] for asked in elsewhere.asked] == [expected, expected]
    assert "authorization" not in another_place.asked[0].headers


def test_a_password_does_not_travel_unencrypted():
    fetcher = Fetcher(Inside(), limits=PATIENT, resolve=lambda *_: [_ABROAD])

    assert refusal(fetcher, "http://calendar.test/", sign_in=("ada", "secret")) is Why.NOT_SECURE


def test_a_question_tells_no_password_in_a_trace():
    assert "secret" not in repr(question("http://calendar.test/", sign_in=("ada", "secret")))


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def encrypted(authority):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("calendar.test").configure_cert(tls)
    server = Elsewhere(tls)
    yield server
    server.close()


def trusting(authority):
    trust = ssl.create_default_context()
    if authority:
        authority.configure_trust(trust)
    return Fetcher(
        Inside(["127.0.0.1"]),
        limits=PATIENT,
        trust=trust,
        resolve=lambda address, _seconds: [(socket.AF_INET, ("127.0.0.1", address.port))],
    )


def test_a_server_shows_who_it_is(authority, encrypted):
    url = encrypted.url(scheme="webcal", host="calendar.test")

    assert trusting(authority).ask(question(url, sign_in=("ada", "secret"))).body
    assert "authorization" in encrypted.asked[0].headers


def test_a_server_under_another_s_name_is_not_asked(authority, encrypted):
    assert refusal(trusting(authority), encrypted.url(scheme="https", host="other.test")) is Why.NOT_SECURE
    assert encrypted.asked == []


def test_a_server_that_nobody_vouches_for_is_not_asked(encrypted):
    assert refusal(trusting(None), encrypted.url(scheme="https", host="calendar.test")) is Why.NOT_SECURE


def test_encryption_is_not_left_behind(authority, encrypted, elsewhere):
    encrypted.answer = sends_to(elsewhere.url())

    assert refusal(trusting(authority), encrypted.url(scheme="https", host="calendar.test")) is Why.NOT_SECURE
    assert elsewhere.asked == []


def test_a_server_that_says_nothing_when_asked_to_encrypt(elsewhere, for_ever, impatient):
    assert refusal(impatient, elsewhere.url(scheme="https")) is Why.NO_ANSWER
