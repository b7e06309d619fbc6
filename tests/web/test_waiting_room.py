"""Who sends slowly waits outside; who is whole is worked on in the order of coming, a few at once."""

from __future__ import annotations

import io
import threading

import pytest

from portal.web.waiting_room import UNREAD, WaitingRoom
from tests.patience import PATIENCE_SECONDS, until

MOST = 10


class Unread:
    """A body that must not be waited for."""

    def read(self, *_):
        raise AssertionError("somebody waits for the body")


def room(application, places=1, most_awaited=9):
    return WaitingRoom(application, places=places, most_bytes=MOST, most_awaited=most_awaited)


def asked(body=b"", **environ):
    return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))} | environ


def test_the_application_has_the_whole_body():
    read = []
    room(lambda environ, _: read.append(environ["wsgi.input"].read()) or [])(asked(b"a=b"), None)

    assert read == [b"a=b"]


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": "11"},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "0"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "3", "HTTP_TRANSFER_ENCODING": "chunked"},
    ],
)
def test_what_will_be_refused_or_has_no_body_is_not_waited_for(environ):
    assert room(lambda *_: [b"refused"])({"wsgi.input": Unread()} | environ, None) == [b"refused"]


def test_what_a_front_still_sends_is_thrown_away_before_it_is_refused():
    sent, left = io.BytesIO(b"x" * 200_000), []
    house = WaitingRoom(
        lambda *_: left.append(len(sent.read())) or [b"refused"],
        places=1,
        most_bytes=MOST,
        most_awaited=1,
        most_thrown_away=200_000,
    )

    assert house({"wsgi.input": sent, "CONTENT_LENGTH": "200000"}, None) == [b"refused"]
    assert left == [0]
    assert house({"wsgi.input": Unread(), "CONTENT_LENGTH": "200001"}, None) == [b"refused"]


def test_where_a_body_may_be_larger_it_is_awaited_but_only_a_few_at_once():
    read, slow = [], threading.Event()

    class Slow(io.BytesIO):
        def read(self, *more):
            slow.wait()
            return super().read(*more)

    house = WaitingRoom(
        lambda environ, _: read.append(UNREAD in environ) or [],
        places=9,
        most_bytes=MOST,
        most_awaited=9,
        larger={"/file": 30},
    )
    large = {"wsgi.input": Slow(b"x" * 20), "CONTENT_LENGTH": "20", "PATH_INFO": "/file"}
    waiting = [threading.Thread(target=house, args=(large, None)) for _ in range(2)]
    for each in waiting:
        each.start()
    until(lambda: not house._large_chairs._value, what="the last large chair")

    house({"wsgi.input": Unread(), "CONTENT_LENGTH": "20", "PATH_INFO": "/file"}, None)
    house(asked(b"a=b", PATH_INFO="/file"), None)
    house({"wsgi.input": Unread(), "CONTENT_LENGTH": "31", "PATH_INFO": "/file"}, None)
    house({"wsgi.input": Unread(), "CONTENT_LENGTH": "20", "PATH_INFO": "/other"}, None)
    assert read == [True, False, False, False]
    slow.set()
    for each in waiting:
        each.join()
    assert read[4:] == [False, False]


def test_those_who_send_slowly_never_fill_the_house():
    """What cannot be waited for is told so, unread; whoever sends nothing is let in as ever."""
    arrived, go = [], threading.Event()

    class Slow:
        def read(self, *_):
            arrived.append(1)
            go.wait(PATIENCE_SECONDS)
            return b"a"

    full = room(lambda environ, _: [b"unread"] if UNREAD in environ else [b"read"], most_awaited=2)
    slow = {"wsgi.input": Slow(), "CONTENT_LENGTH": "1"}
    visits = [threading.Thread(target=full, args=(dict(slow), None), daemon=True) for _ in range(2)]
    for visit in visits:
        visit.start()
    until(lambda: len(arrived) == 2, what="their turn")

    assert full(asked(b"a=b", **{"wsgi.input": Unread()}), None) == [b"unread"]
    assert full(asked(), None) == [b"read"]
    go.set()
    for visit in visits:
        visit.join(PATIENCE_SECONDS)
    assert full(asked(b"a=b"), None) == [b"read"]


def test_only_so_many_are_worked_on_at_once_and_in_the_order_of_coming():
    inside, most_inside, order, go = [], [], [], threading.Semaphore(0)

    def application(environ, _):
        inside.append(environ["number"])
        order.append(environ["number"])
        most_inside.append(len(inside))
        go.acquire()
        inside.remove(environ["number"])
        return []

    both = room(application, places=2)
    waiting = both._places._waiting
    visits = [
        threading.Thread(target=both, args=(asked(number=number), None), daemon=True) for number in range(6)
    ]
    for number, visit in enumerate(visits):
        visit.start()
        until(lambda number=number: len(inside) + len(waiting) == number + 1, what="their turn")
    for left in range(6):
        go.release()
        until(lambda left=left: len(order) == min(6, left + 3), what="their turn")
    for visit in visits:
        visit.join(PATIENCE_SECONDS)

    assert (order, max(most_inside), inside) == ([0, 1, 2, 3, 4, 5], 2, [])


def test_a_place_is_free_again_when_something_breaks():
    def breaks(*_):
        raise KeyError

    one = room(breaks)
    for _ in range(3):
        with pytest.raises(KeyError):
            one(asked(), None)
