"""`python3 -m portal …` on a bare Python: makes .venv from the lock file, then hands over to what is in it.

Until then there is nothing but the standard library; and up to the first check any Python 3 has to be able to
read this file, so that an old one can say what is wrong with it.
"""

import contextlib
import gc
import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

if sys.version_info < (3, 11):  # noqa: UP036  # this is the line that says so
    sys.exit("Foyer needs Python 3.11 or newer; this is Python " + sys.version.split()[0] + ".")

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# The digests of the lock files whose packages are in .venv.
STAMP = VENV / ".installed-locks"
RUNTIME_LOCK, DEV_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
OWN = ROOT / "portal", ROOT / "migrations", ROOT / "config.py"


def main(arguments: list[str]) -> None:
    """Run the command, in a checkout with the Python of its .venv."""
    if RUNTIME_LOCK.exists():
        _install(DEV_LOCK if arguments[:1] == ["test"] else RUNTIME_LOCK)
        if pathlib.Path(sys.prefix).resolve() != VENV.resolve():
            os.execv(PYTHON, [str(PYTHON), "-m", "portal", *arguments])
    hand_over(arguments)


def _install(lock: pathlib.Path) -> None:
    """Have what the lock names in .venv: once for each content of it, and again after an interruption."""
    if _digest(lock) in _installed():
        return
    with _nobody_else():
        if _digest(lock) in _installed():
            return
        _make_venv()
        STAMP.unlink(missing_ok=True)
        print(f"Installing the packages of {lock.name} into .venv …", file=sys.stderr, flush=True)
        _run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
             "--require-hashes", "--only-binary", ":all:", "-r", str(lock))  # fmt: skip
        # As pip does with what it installs, so that no start has to; where nothing can be written, each does.
        subprocess.run([PYTHON, "-m", "compileall", "-q", "-j", "0", *OWN], stdout=subprocess.DEVNULL)
        # Whoever tests has what running needs: the one lock contains the other.
        done = {_digest(lock), _digest(RUNTIME_LOCK)}
        whole = STAMP.with_suffix(".new")
        whole.write_text("\n".join(sorted(done)))
        whole.replace(STAMP)


def _make_venv() -> None:
    """A .venv that works is kept; one that an interruption or a new Python left behind is made anew."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0:
        return
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec("venv"):
        sys.exit(
            "Python's venv module is not complete here."
            " On Debian and Ubuntu it comes with: sudo apt-get install python3-venv"
        )
    print("Making .venv …", file=sys.stderr, flush=True)
    _run(sys.executable, "-m", "venv", "--clear", str(VENV))


def _digest(lock: pathlib.Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _installed() -> list[str]:
    return STAMP.read_text().split() if STAMP.exists() else []


@contextlib.contextmanager
def _nobody_else() -> Iterator[None]:
    """Two that start at the same moment install one after the other."""
    import fcntl

    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(folder)


def _run(*command: str) -> None:
    outcome = subprocess.run(command)
    if outcome.returncode != 0:
        sys.exit(f"This went wrong, for the reason above: {' '.join(command[:4])} …")


def hand_over(arguments: list[str]) -> None:
    """From here on everything is installed. Tests need no settings, every other command does."""
    if arguments[:1] == ["test"]:
        from portal import suite

        sys.exit(suite.run(arguments[1:]))
    # What is imported stays: to look through it again and again for what does not takes a fifth of the start.
    gc.disable()
    import click

    from portal.app import create_app

    try:
        app = create_app()
    except click.ClickException as unfit:
        unfit.show()
        sys.exit(unfit.exit_code)
    gc.freeze()
    gc.enable()
    test = click.Command("test", help="Run all that CI runs; or pytest alone, with your arguments.")
    commands = click.Group(
        commands={**app.cli.commands, "test": test},
        # Wide enough for every command's line to be whole.
        context_settings={"terminal_width": 100},
        help="Foyer, a client intake portal. PORTAL_… in the environment or in .env are its settings.",
    )
    with app.app_context():
        commands.main(arguments, prog_name="python3 -m portal")


if __name__ == "__main__":
    main(sys.argv[1:])
