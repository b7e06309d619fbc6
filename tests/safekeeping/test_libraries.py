"""Which libraries a copy is locked to, for this machine and Python, and whether those are installed."""

from __future__ import annotations

import re
import sys

import pytest

from config import ROOT
from portal.safekeeping.libraries import Other, installed, libraries_in_use, locked, other_than_locked

LOCK = """\
# Made by hand.
Flask==3.1.3 \\
    --hash=sha256:90ad
ruamel.yaml_c==0.2 \\
    --hash=sha256:5a11
psycopg[binary]==3.3.9 \\
    --hash=sha256:0000
deprecated==1.3.1 ; python_full_version < '3.0' \\
    --hash=sha256:597b
deprecated==3.0.1 ; python_full_version >= '3.0' \\
    --hash=sha256:fd5f
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:0869
"""


@pytest.fixture
def lock(tmp_path):
    (tmp_path / "requirements.lock").write_text(LOCK)
    return tmp_path / "requirements.lock"


def test_what_a_lock_pins_is_read_for_this_machine_and_python(lock):
    assert locked(lock) == {
        "flask": "3.1.3",
        "ruamel-yaml-c": "0.2",
        "psycopg": "3.3.9",
        "deprecated": "3.0.1",
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_nothing_that_is_shipped_is_passed_over(lock):
    """Each library of a lock is there by its name, unless it is for other machines or Pythons."""
    text = (ROOT / lock).read_text()
    for_everybody = re.findall(r"^([\w.-]+)==\S+ \\$", text, re.MULTILINE)

    assert len(for_everybody) > 50
    assert set(for_everybody) <= locked(ROOT / lock).keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_is_installed_is_what_is_locked(lock):
    assert list(other_than_locked(locked(ROOT / lock), installed())) == []


def test_another_version_and_a_missing_library_are_told(lock):
    here = {"flask": "3.1.2", "ruamel-yaml-c": "0.2.0", "deprecated": "3.0.1", "pip": "24.0"}

    assert list(other_than_locked(locked(lock), here)) == [
        Other("flask", "3.1.3", "3.1.2"),
        Other("psycopg", "3.3.9", None),
    ]


def test_without_a_lock_all_that_is_installed_is_in_use_but_the_portal_itself(
    tmp_path, monkeypatch, distribution
):
    distribution("Foyer", "0.1.0")
    distribution("Some_Library", "1.0")

    nowhere = tmp_path / "requirements.lock"
    assert locked(nowhere) == {}
    in_use = libraries_in_use(nowhere)
    assert in_use["some-library"] == "1.0"
    assert in_use == {name: at for name, at in installed().items() if name != "foyer"}
    assert "foyer" in installed()


def test_what_is_found_first_counts_and_what_was_left_half_installed_does_not(distribution, tmp_path):
    distribution("flask", "2.0")
    (tmp_path / "packages" / "half-1.0.dist-info").mkdir()

    assert sys.path[0] == str(tmp_path / "packages")
    assert installed()["flask"] == "2.0"
    assert "half" not in installed()
