"""How often something may be tried: exact across processes, growing, and told calmly."""

from __future__ import annotations

import dataclasses
import multiprocessing
import shutil
import socket
import subprocess
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.web.audience import public
from portal.web.limits import Counter, Limit, MustWait, network

LIMIT = Limit("tests", "3/minute;5/10minutes;8/hour")


@pytest.fixture
def counting(app):
    with app.app_context():
        yield


def tries(limit, *whose) -> int:
    """How often it can be tried at this moment."""
    for done in range(100):
        if not limit.has_room(*whose):
            return done
    raise AssertionError("there is no end to it")


@pytest.mark.usefixtures("counting")
def test_whoever_goes_on_trying_waits_for_longer_each_time(now, later):
    assert tries(LIMIT, "kit") == 3
    with pytest.raises(MustWait) as first:
        LIMIT.count("kit")
    later(now + timedelta(minutes=1))
    assert tries(LIMIT, "kit") == 2
    with pytest.raises(MustWait) as second:
        LIMIT.count("kit")
    later(now + timedelta(minutes=11))
    assert tries(LIMIT, "kit") == 3
    later(now + timedelta(minutes=12))
    with pytest.raises(MustWait) as third:
        LIMIT.count("kit")

    waits = [wait.value.until - now for wait in (first, second, third)]
    assert waits == [timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=60)]


@pytest.mark.usefixtures("counting")
def test_one_is_counted_apart_from_another():
    assert tries(LIMIT, "kit") == 3
    assert tries(LIMIT, "sam") == 3
    assert tries(LIMIT, "k", "it") == 3
    assert tries(Limit("other tests", "2/minute"), "kit") == 2


@pytest.mark.usefixtures("counting")
def test_whoever_was_right_begins_anew_or_has_not_tried():
    tries(LIMIT, "kit")
    LIMIT.forget("kit")
    assert tries(LIMIT, "kit") == 3

    LIMIT.count("sam")
    LIMIT.give_back("sam")
    assert tries(LIMIT, "sam") == 3


@pytest.mark.usefixtures("counting")
def test_the_table_names_nobody_and_forgets(app, db, now):
    LIMIT.count("kit@example.org", "192.0.2.7")

    keys = " ".join(db.scalars(select(Counter.key)))
    assert "kit" not in keys
    assert "192.0.2" not in keys
    with app.extensions["database"]() as inside:
        inside.connection(execution_options={"write": True})
        for forget in app.extensions["sweepers"]:
            forget(inside, now=now + timedelta(hours=2))
        inside.commit()
    assert db.scalars(select(Counter.key)).all() == []


def _hammer(settings, times, found):
    app = create_app(settings)
    limit = Limit("hammered", "50/hour")
    with app.app_context():
        found.put(sum(limit.has_room("kit") for _ in range(times)))
    app.extensions["engine"].dispose()


def test_it_is_exact_across_processes(settings):
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    processes = [context.Process(target=_hammer, args=(settings, 20, found)) for _ in range(4)]
    for process in processes:
        process.start()

    total = sum(found.get(timeout=100) for _ in processes)
    for process in processes:
        process.join()

    assert total == 50


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "nowhere"),
        ("no address", "nowhere"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_network_is_what_one_visitor_can_choose_among(app, address, counted):
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert network() == counted


@pytest.mark.parametrize(("proxies", "counted"), [(0, "10.0.0.1/32"), (1, "192.0.2.7/32")])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_proxy_is_believed_only_where_the_settings_name_one(settings, now, proxies, counted):
    """And no more of what it passes on than it has written itself."""
    app = create_app(dataclasses.replace(settings, trusted_proxies=proxies))
    app.add_url_rule("/from", "from", public(network))

    answer = app.test_client().get(
        "/from",
        base_url="https://portal.test",
        headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7"},
        environ_base={"REMOTE_ADDR": "10.0.0.1"},
    )
    app.extensions["engine"].dispose()

    assert answer.text == counted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_has_to_wait_is_told_how_long_and_finds_what_they_wrote(app, db, browser):
    @public
    def write():
        Limit("writing", "1/10minutes").count("kit")
        return "<h1>Written</h1>"

    app.add_url_rule("/writes", "writes", write, methods=["POST"])
    token = next(
        each.get("value")
        for each in browser.open("/sign-in").root.all("input")
        if each.get("name") == "csrf_token"
    )
    post = {
        "data": {"words": "The heron", "csrf_token": token},
        "headers": {"Referer": "https://portal.test/"},
        "base_url": "https://portal.test",
    }
    browser.http.post("/writes", **post)

    answer = browser.http.post("/writes", **post)

    page = browser._arrive(answer, 429)
    assert answer.headers["Retry-After"] == "600"
    assert page.heading == "A moment, please"
    assert "It works again in 10 minutes." in page.text
    assert "The heron" in page.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_counted_here_where_redis_does_not_answer(settings, now):
    app = create_app(dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0"))

    with app.app_context():
        assert tries(LIMIT, "kit") == 3
    app.extensions["engine"].dispose()


@pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server here")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_there_is_redis_it_counts_for_all(settings, db, now):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        app = create_app(dataclasses.replace(settings, redis_url=f"redis://127.0.0.1:{port}/0"))
        with app.app_context():
            assert tries(LIMIT, "kit") == 3
        app.extensions["engine"].dispose()
        assert db.scalars(select(Counter.key)).all() == []
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("redis did not come up")
