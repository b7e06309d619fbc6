"""How it starts: from nothing but Python, all of it together, and without a trace when it has ended."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest

from config import ROOT
from portal import __main__ as bootstrap
from portal import suite
from tests.patience import PATIENCE_SECONDS
from tests.started import start

LOCKS = ("requirements.lock", "requirements-dev.lock")
PRODUCTION = {"PORTAL_ENV": "production"}


# A bare machine


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose locks ask for nothing, and whose only command is `test`, which says where it runs."""
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "__init__.py").write_text("")
    shutil.copy(bootstrap.__file__, tmp_path / "portal")
    (tmp_path / "portal" / "suite.py").write_text(
        "import sys\ndef run(arguments):\n    print(sys.prefix, arguments)\n    return 7\n"
    )
    for lock in LOCKS:
        (tmp_path / lock).write_text(f"# nothing: {lock}\n")
    return tmp_path


def bare(checkout, *arguments, before=""):
    """Run the command with a Python that knows nothing of our packages."""
    code = (
        f"{before}\nimport runpy, sys; sys.argv[1:] = {list(arguments)!r}; sys.path.insert(0, '')\n"
        "runpy.run_module('portal', run_name='__main__', alter_sys=True)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # What is compiled is what the command itself has compiled.
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    # Not the Python of .venv.
    return subprocess.run(
        [sys._base_executable, "-c", code],
        cwd=checkout,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bare_python_makes_its_own_environment_once(checkout):
    first, second = bare(checkout, "test", "a b", "--c"), bare(checkout, "test")

    assert (first.returncode, first.stdout) == (7, f"{checkout}/.venv ['a b', '--c']\n")
    assert first.stderr.splitlines()[0] == "Making .venv …"
    assert (second.returncode, second.stdout, second.stderr) == (7, f"{checkout}/.venv []\n", "")
    assert list((checkout / "portal" / "__pycache__").glob("suite.*.pyc"))

    # Another lock, or an interruption: the packages are installed again, the environment stays.
    (checkout / LOCKS[1]).write_text("# nothing any more\n")
    assert bare(checkout, "test").stderr == "Installing the packages of requirements-dev.lock into .venv …\n"
    (checkout / ".venv" / ".installed-locks").unlink()
    assert bare(checkout, "test").stderr == "Installing the packages of requirements-dev.lock into .venv …\n"

    # What an interruption left of the environment itself is made anew.
    (checkout / ".venv" / ".installed-locks").unlink()
    shutil.rmtree(checkout / ".venv" / "lib")
    assert bare(checkout, "test").stderr.splitlines()[0] == "Making .venv …"


def test_a_lock_without_a_hash_installs_nothing(checkout):
    (checkout / LOCKS[1]).write_text("flask\n")
    refused, again = bare(checkout, "test"), bare(checkout, "test")

    assert refused.returncode == again.returncode == 1
    assert "--require-hashes" in refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("This went wrong, for the reason above:")
    assert "Installing" in again.stderr


def test_an_installed_package_makes_no_environment(checkout):
    for lock in LOCKS:
        (checkout / lock).unlink()
    ran = bare(checkout, "test")

    assert (ran.returncode, ran.stderr) == (7, "")
    assert not (checkout / ".venv").exists()


def test_without_the_venv_module_one_line_names_the_package(checkout):
    ran = bare(checkout, "test", before="import sys; sys.modules['ensurepip'] = None")

    assert ran.returncode == 1
    assert ran.stderr == (
        "Python's venv module is not complete here. On Debian and Ubuntu it comes with:"
        " sudo apt-get install python3-venv\n"
    )


def test_an_old_python_is_told_so_in_one_line(checkout):
    ran = bare(checkout, "test", before="import sys; sys.version_info = (3, 9, 2)")

    assert ran.returncode == 1
    assert re.fullmatch(r"Foyer needs Python 3\.11 or newer; this is Python \S+\.\n", ran.stderr)
    # And it can read as far as that line.
    for path in ("portal/__init__.py", "portal/__main__.py"):
        ast.parse((ROOT / path).read_text(), feature_version=(3, 6))


def test_who_tests_has_what_running_needs():
    runtime, dev = (_pinned(lock) for lock in LOCKS)

    assert runtime.items() <= dev.items()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_pins_every_package_with_hashes(lock):
    text = (ROOT / lock).read_text()

    assert not re.search(r"https?:|file:|index-url|find-links|@ ", text)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if not re.search(r"^[\w.-]+==\S+", entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_everything_that_the_project_needs_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed, for_tests = project["dependencies"], project["optional-dependencies"]["dev"]

    assert {_name(each) for each in needed} <= _pinned(LOCKS[0]).keys()
    assert {_name(each) for each in needed + for_tests} <= _pinned(LOCKS[1]).keys()


def _pinned(lock):
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.M))


def _name(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower()


# The commands


def test_the_list_of_commands_has_a_line_for_each(tmp_path):
    with start("--help", instance=tmp_path) as started:
        said, _ = started.process.communicate(timeout=PATIENCE_SECONDS)

    listed = dict(re.findall(r"^  ([a-z-]+) {2,}(\S.*)$", said.partition("Commands:")[2], re.M))
    assert {"run", "test", "serve", "work", "db", "demo"} <= listed.keys()
    assert not [name for name, words in listed.items() if words.endswith("...")]


def test_an_unfit_setting_is_told_in_one_line(tmp_path):
    with start("serve", instance=tmp_path, **PRODUCTION) as started:
        said, _ = started.process.communicate(timeout=PATIENCE_SECONDS)

    assert started.process.returncode == 2
    assert re.fullmatch(r"Error: PORTAL_\w+ .*\n", said)


def test_flask_s_own_command_knows_the_same_commands_and_says_the_same(tmp_path):
    flask = [sys.executable, "-m", "flask", "--app", "portal.app", "db", "upgrade"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    fit = kept | {"PORTAL_INSTANCE": str(tmp_path)}

    upgraded = subprocess.run(flask, cwd=ROOT, env=fit, capture_output=True, text=True, check=True)
    refused = subprocess.run(
        flask, cwd=ROOT, env=fit | PRODUCTION, capture_output=True, text=True, check=False
    )

    assert upgraded.stdout == "The database is up to date now.\n"
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_serve_says_that_the_tables_are_behind(tmp_path):
    with start("serve", instance=tmp_path) as started:
        said, _ = started.process.communicate(timeout=PATIENCE_SECONDS)

    assert started.process.returncode == 1
    assert said == "Error: The tables are behind; mend it with: python3 -m portal db upgrade\n"


# All of it together


def test_run_serves_works_and_leaves_nothing_behind(tmp_path):
    with start("run", instance=tmp_path / "instance") as started:
        started.wait_until_it_answers("/readyz")
        family = started.family()
        assert started.get("/")[0] == 200
        # SQLite forbids that what is open is carried into a process that is forked.
        assert not _open_files(started.process.pid, named="portal.db")
        _until(lambda: "appointment" in started.get("/dev/mail")[1])
        code, said = started.end(signal.SIGINT)

    assert code == 0
    assert said.splitlines()[:2] == [
        f"Foyer is at http://127.0.0.1:{started.port}",
        f"It delivers mail to http://127.0.0.1:{started.port}/dev/mail",
    ]
    assert "a-quiet-place-to-begin" in said
    assert "Traceback" not in said
    assert len(family) >= 3
    # Whatever one of them had begun, a look whether PDFs can be drawn for one, ends a moment later.
    _until(lambda: not [number for number in family if _is_alive(number)])
    assert (tmp_path / "instance").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["work", "web"])
def test_when_one_of_them_dies_all_of_it_ends_and_says_which(tmp_path, name):
    with start("run", instance=tmp_path / "instance") as started:
        started.wait_until_it_answers("/readyz")
        own, *children = family = started.family()
        work = [number for number in children if "work" in _command_line(number).split()]
        os.kill((work if name == "work" else [number for number in children if number not in work])[0], 9)
        said, _ = started.process.communicate(timeout=PATIENCE_SECONDS)

    assert started.process.returncode == 1
    assert f"The {name} process ended by itself" in said
    _until(lambda: not [number for number in family if _is_alive(number)])
    assert own == started.process.pid


def test_ctrl_c_at_a_terminal_reaches_all_of_them_and_ends_them_in_order(tmp_path):
    with start("run", instance=tmp_path / "instance") as started:
        started.wait_until_it_answers("/readyz")
        family = started.family()
        # A terminal sends it to the whole group.
        os.killpg(started.process.pid, signal.SIGINT)
        said, _ = started.process.communicate(timeout=PATIENCE_SECONDS)

    assert started.process.returncode == 0
    assert said.endswith("Ctrl-C ends it.\n")
    _until(lambda: not [number for number in family if _is_alive(number)])


def test_when_it_is_killed_its_children_end_by_themselves(tmp_path):
    with start("run", instance=tmp_path / "instance") as started:
        started.wait_until_it_answers("/readyz")
        family = started.family()
        os.kill(started.process.pid, signal.SIGKILL)
        started.process.wait()

        _until(lambda: not [number for number in family if _is_alive(number)])


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with start("run", instance=tmp_path, PORTAL_PORT=port) as started:
            said, _ = started.process.communicate(timeout=PATIENCE_SECONDS)

    assert started.process.returncode == 1
    assert re.fullmatch(rf"Error: .*127\.0\.0\.1, port {port} .*PORTAL_PORT.*\n", said)


def test_run_starts_again_with_what_is_there(tmp_path):
    for by in (signal.SIGTERM, signal.SIGHUP):
        with start("run", instance=tmp_path / "instance") as started:
            started.wait_until_it_answers()
            assert started.end(by)[0] == 0


def test_serve_ends_when_it_is_asked_to(tmp_path):
    with start("db", "upgrade", instance=tmp_path) as upgrade:
        assert upgrade.process.wait(PATIENCE_SECONDS) == 0
    with start("serve", instance=tmp_path, PORTAL_WORKERS="2") as started:
        started.wait_until_it_answers()
        family = started.family()
        assert not _open_files(started.process.pid, named="portal.db")

        code, said = started.end()
    assert (code, said.count("\n")) == (0, 1)
    assert said.startswith("Nobody works here yet: python3 -m portal therapist add")
    assert len(family) >= 3
    # Whatever one of them had begun, a look whether PDFs can be drawn for one, ends a moment later.
    _until(lambda: not [number for number in family if _is_alive(number)])


# The suite


@pytest.fixture
def in_its_place(monkeypatch):
    """What the suite would have become, instead of becoming it."""
    became = []
    monkeypatch.setattr(os, "chdir", lambda _folder: None)
    monkeypatch.setattr(os, "execv", lambda _program, command: became.append(command[1:]))
    return became


def test_arguments_are_for_pytest_alone(in_its_place):
    suite.run(["tests/scheduling", "-k", "held"])

    assert in_its_place == [["tests/scheduling", "-k", "held"]]


def test_the_first_linter_that_fails_ends_it_with_its_own_words(in_its_place, monkeypatch, capsys):
    fails = (sys.executable, "-c", "print('a line is too long'); raise SystemExit(3)")
    passes = (sys.executable, "-c", "print('not a word of this')")
    monkeypatch.setattr(suite, "_installed", list)
    monkeypatch.setattr(suite, "_LINTERS", (passes, fails, passes))

    assert suite.run([]) == 3
    said = capsys.readouterr().out
    assert "a line is too long" in said
    assert said.count(" ok\n") == 1
    assert in_its_place == []


def _until(happens):
    until = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.05)


def _is_alive(number):
    # One that has ended and that nobody has asked after is a zombie, and not alive.
    with suppress(subprocess.CalledProcessError):
        state = subprocess.check_output(["ps", "-o", "stat=", "-p", str(number)], text=True)
        return not state.startswith("Z")
    return False


def _command_line(number):
    return subprocess.check_output(["ps", "-o", "args=", "-p", str(number)], text=True)


def _open_files(number, *, named):
    """Those of a process whose names begin so, as Linux tells them."""
    opened = Path(f"/proc/{number}/fd").iterdir()
    return [path.name for path in map(Path.resolve, opened) if path.name.startswith(named)]
