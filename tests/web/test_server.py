"""What only a socket can show: the real web server in front of the doors."""

from __future__ import annotations

import contextlib
import socket

import pytest

HEAD = b"HOST\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def code(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_page_is_served(say):
    answer = say(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")

    assert code(answer) == 200
    assert b"content-security-policy: default-src 'none'" in answer


@pytest.mark.parametrize(
    "body", [b"5\r\na=b&c\r\n0\r\n\r\n", b"f4240\r\n" + b"a" * 1_000_000 + b"\r\n0\r\n\r\n", b""]
)
def test_a_chunked_body_is_refused_by_its_header(say, body):
    """Also one that never comes: nobody waits for it."""
    request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\n"

    assert code(say(request + body)) == 411


def test_a_chunked_body_with_a_length_beside_it_is_refused(say):
    request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM
    lengths = b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert code(say(request + lengths + b"3\r\na=b\r\n0\r\n\r\n")) in {400, 411}


def test_a_body_that_claims_to_be_too_large_is_refused_before_it_comes(say):
    request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 1000001\r\n\r\n"

    assert code(say(request)) == 413


def test_a_body_that_is_too_large_is_refused_when_it_comes(say):
    length = b"Content-Length: 3000000\r\n\r\n"

    assert code(say(b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + length + b"a" * 3_000_000)) == 413


def test_what_comes_after_the_length_that_was_told_is_not_read(say):
    length = b"Content-Length: 3\r\n\r\n"
    answer = say(b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + length + b"a=b" + b"c" * 2_000_000)

    # The form has no token; of what came after it nothing was taken for a form or a request.
    assert code(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("length", [b"-1", b"3x", b"0x3", b"3, 4", b"3\r\nContent-Length: 4"])
def test_a_length_that_is_none_is_refused(say, length):
    request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: " + length + b"\r\n\r\na=b"

    assert code(say(request)) == 400


@pytest.mark.parametrize(
    "target", [b"/%zz", b"/%", b"/%C3%28", b"/%00", b"/?a=%zz", b"/?a=%C3%28", b"/\xff", b"/?\xff", b"/%25"]
)
def test_an_address_is_whole(say, target):
    assert code(say(b"GET " + target + b" HTTP/1.1\r\n" + HEAD + b"\r\n")) == 400


def test_an_address_that_is_too_long_is_refused(say):
    assert code(say(b"GET /?" + b"a" * 5_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n")) == 414
    assert code(say(b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n")) in {414, 431}


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"evil.example:8000"])
def test_another_host_s_name_is_not_answered_to(say, host):
    assert code(say(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")) == 400


def test_two_names_are_none(say):
    assert code(say(b"GET / HTTP/1.1\r\n" + HEAD + b"Host: evil.example\r\n\r\n")) == 400


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"BREW"])
def test_odd_methods_are_refused(say, method):
    assert code(say(method + b" / HTTP/1.1\r\n" + HEAD + b"\r\n")) == 405


@pytest.mark.parametrize(
    "request_line",
    [b"OPTIONS * HTTP/1.1", b"GET http://evil.example/ HTTP/1.1", b"GET // HTTP/1.1", b"GET /../.. HTTP/1.1"],
)
def test_odd_addresses_break_nothing(say, request_line):
    assert code(say(request_line + b"\r\n" + HEAD + b"\r\n")) < 500


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0"]
)
def test_what_is_not_even_a_request_breaks_nothing(say, served, nonsense):
    answer = say(nonsense + b"\r\n\r\n")

    assert answer == b"" or code(answer) == 400
    assert code(say(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")) == 200


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(say):
    """Half of what somebody wrote is not what they wrote."""
    request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 100\r\n\r\nemail=sam"
    answer = say(request, and_no_more=True)

    assert answer == b"" or b"This could not be read" in answer


def test_those_who_send_slowly_keep_nobody_waiting(say, served):
    request = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FORM + b"Content-Length: 100\r\n\r\nemail"
    with contextlib.ExitStack() as slow:
        for _ in range(40):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", served)))
            connection.sendall(request)

        assert code(say(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")) == 200
        assert code(say(b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 3\r\n\r\na=b")) == 400


def test_headers_without_end_are_refused(say):
    request = b"GET / HTTP/1.1\r\n" + HEAD + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n"

    assert code(say(request)) == 431
