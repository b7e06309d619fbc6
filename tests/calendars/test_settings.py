"""What within the practice's own walls may be asked is a setting, and an unfit one stops the start."""

from __future__ import annotations

import pytest

from config import Settings, UnfitSetting
from portal.app import create_app
from portal.calendars.addresses import address_of
from portal.calendars.failures import CannotBeRead, Why
from portal.calendars.fetching import Question


def read(tmp_path, value):
    return Settings.from_environment(
        {"PORTAL_INSTANCE": str(tmp_path / "instance"), "PORTAL_CALENDARS_INSIDE": value}
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        ("nas.local, 192.168.1.0/24,fd00::/8", ("nas.local", "192.168.1.0/24", "fd00::/8")),
        ("10.0.0.7", ("10.0.0.7",)),
    ],
)
def test_hosts_and_networks_are_read(tmp_path, value, expected):
    assert read(tmp_path, value).calendars_inside == expected


@pytest.mark.parametrize("value", ["http://nas.local/", "192.168.1.0/99", "nas/24", "nas.local; other"])
def test_what_is_neither_stops_the_start(tmp_path, value):
    with pytest.raises(UnfitSetting, match="PORTAL_CALENDARS_INSIDE") as unfit:
        read(tmp_path, value)
    assert "\n" not in unfit.value.message


@pytest.mark.parametrize("inside", ["", "127.0.0.1"])
def test_the_application_asks_where_it_may(tmp_path, elsewhere, inside):
    fetcher = create_app(read(tmp_path, inside)).extensions["calendar_fetcher"]
    question = Question(address_of(elsewhere.url()))
    if inside:
        assert fetcher.ask(question).body
        return
    with pytest.raises(CannotBeRead) as problem:
        fetcher.ask(question)
    assert problem.value.why is Why.INSIDE
