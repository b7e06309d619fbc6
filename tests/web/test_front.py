"""The portal behind the front that is shipped for it: nginx itself, with the shipped file."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
import trustme

from config import ROOT
from tests.patience import PATIENCE_SECONDS, until
from tests.started import free_port, start

NAME = "portal.example.org"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
HEAD = b"Host: portal.example.org\r\nConnection: close\r\n"

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")


class Front:
    def __init__(self, plain: int, sealed: int, authority: trustme.CA) -> None:
        self.plain, self.sealed = plain, sealed
        self._trusting = ssl.create_default_context()
        authority.configure_trust(self._trusting)

    def connect(self) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.sealed), timeout=PATIENCE_SECONDS)
        return self._trusting.wrap_socket(raw, server_hostname=NAME)

    def say(self, request: bytes, *, to=None) -> bytes:
        """The whole answer to a request; empty where there is none."""
        with to or self.connect() as connection:
            answer = b""
            with contextlib.suppress(ConnectionError, BrokenPipeError):
                connection.sendall(request)
            with contextlib.suppress(ConnectionError):
                while piece := connection.recv(65536):
                    answer += piece
        return answer


def code(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(scope="module")
def front(tmp_path_factory, migrated_sqlite):
    folder = tmp_path_factory.mktemp("front")
    shutil.copy(migrated_sqlite, folder / "portal.db")
    settings = {"PORTAL_BASE_URL": f"https://{NAME}", "PORTAL_TRUSTED_PROXIES": "1"}
    with start("serve", instance=folder, **settings) as portal, _place() as place:
        portal.wait_until_it_answers()
        made = Front(free_port(), free_port(), _proved(place))
        (place / "nginx.conf").write_text(_whole(made, portal.port, place))
        server = subprocess.Popen([NGINX, "-p", place, "-c", place / "nginx.conf", "-e", "stderr"])
        try:
            until(lambda: _listens(made.sealed) or server.poll() is not None, what="the front")
            assert server.poll() is None, "nginx does not take the shipped file"
            yield made
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def _place():
    """A folder that nginx can reach, whose processes are nobody's when root starts it."""
    place = Path(tempfile.mkdtemp(prefix="foyer-front-", dir="/tmp"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _proved(place: Path) -> trustme.CA:
    """Who vouches for the key and the chain that now lie there."""
    authority = trustme.CA()
    proof = authority.issue_cert(NAME)
    proof.private_key_pem.write_to_path(place / "key.pem")
    for pem in proof.cert_chain_pems:
        pem.write_to_path(place / "chain.pem", append=True)
    return authority


def _whole(made: Front, portal: int, folder: Path) -> str:
    """The shipped file, in a server of its own; only ports and places of files are others."""
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()
    shipped = re.sub(r"^ *listen \[::\].*\n", "", shipped, flags=re.MULTILINE)
    changes = {
        "listen 80;": f"listen 127.0.0.1:{made.plain};",
        "listen 443 ": f"listen 127.0.0.1:{made.sealed} ",
        f"/etc/letsencrypt/live/{NAME}/fullchain.pem": f"{folder}/chain.pem",
        f"/etc/letsencrypt/live/{NAME}/privkey.pem": f"{folder}/key.pem",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{portal}",
    }
    for before, after in changes.items():
        assert before in shipped, before
        shipped = shipped.replace(before, after)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/pid; error_log stderr crit;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\n{places}{shipped}\n}}\n"
    )


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    return False


@pytest.mark.parametrize(
    "half",
    [
        b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 100\r\n\r\nemail",
        b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM,
        b"GET / HTTP/1.1\r\nHost: portal",
    ],
    ids=["half a body", "half a head", "half a line"],
)
def test_those_who_send_slowly_keep_nobody_waiting(front, half):
    with contextlib.ExitStack() as slow:
        for _ in range(40):
            slow.enter_context(front.connect()).sendall(half)

        assert code(front.say(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")) == 200
        request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 3\r\n\r\na=b"
        assert b"This page had been open for a while" in front.say(request)


def test_who_comes_without_tls_is_sent_to_the_same_page_with_it(front):
    plain = socket.create_connection(("127.0.0.1", front.plain), timeout=PATIENCE_SECONDS)
    answer = front.say(b"GET /help-now?from=letter HTTP/1.1\r\n" + HEAD + b"\r\n", to=plain)

    assert code(answer) == 301
    assert b"Location: https://portal.example.org/help-now?from=letter\r\n" in answer


def test_a_page_has_its_headers_once_and_a_cookie_for_this_host_alone(front):
    answer = front.say(b"GET /sign-in HTTP/1.1\r\n" + HEAD + b"\r\n").lower()

    for header in (b"strict-transport-security", b"content-security-policy", b"x-content-type-options"):
        assert answer.count(b"\r\n" + header + b":") == 1, header
    assert b"set-cookie: __host-foyer=" in answer


def test_what_a_visitor_says_of_themselves_counts_for_nothing(front):
    """Figures are for this machine alone, and whoever comes by the front is none of it."""
    lies = b"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nForwarded: for=127.0.0.1\r\n"

    assert code(front.say(b"GET /metrics HTTP/1.1\r\n" + HEAD + lies + b"\r\n")) == 404
    assert code(front.say(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")) == 400


@pytest.mark.parametrize(
    ("path", "length", "expected"),
    [(b"/sign-in", 1_000_001, 413), (b"/desk/readings/import", 5_400_000, 400)],
    ids=["a form", "a file"],
)
def test_what_is_too_large_is_refused_in_the_portal_s_own_words(front, path, length, expected):
    """A file of a therapist's comes through; here it lacks a form's token, which the portal says."""
    kind = FORM if expected == 413 else b"Content-Type: multipart/form-data; boundary=b\r\n"
    head = b"POST %b HTTP/1.1\r\n" % path + HEAD + kind + b"Content-Length: %d\r\n\r\n" % length
    answer = front.say(head + b"--b--\r\n".ljust(length, b"a"))

    assert code(answer) == expected
    assert b"Get help now" in answer


def test_a_body_in_pieces_never_reaches_the_portal_in_pieces(front):
    """The front may put it together, or the portal refuses it: half of it is never taken for a whole."""
    request = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    answers = [
        code(front.say(request + b"3\r\na=b\r\n0\r\n\r\n")),
        code(front.say(request + b"10c8e0\r\n" + b"a" * 1_100_000 + b"\r\n0\r\n\r\n")),
    ]

    assert answers == [400, 413]


def test_one_visitor_cannot_take_up_all_connections(front):
    """More than a few dozen at once are refused, before they wait for anything."""
    half = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 100\r\n\r\nemail"
    told, counted = [], threading.Lock()

    def send(connection):
        connection.settimeout(3)
        with contextlib.suppress(OSError):
            connection.sendall(half)
            first = connection.recv(12)
            with counted:
                told.append(first)

    with contextlib.ExitStack() as slow:
        senders = [
            threading.Thread(target=send, args=(slow.enter_context(front.connect()),)) for _ in range(90)
        ]
        for each in senders:
            each.start()
        for each in senders:
            each.join(PATIENCE_SECONDS)
    assert len([first for first in told if first == b"HTTP/1.1 503"]) >= 20
