"""All that CI runs: linters, types, import contracts, and the tests. Needs requirements-dev.lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

_ROOT = Path(__file__).resolve().parent.parent
_LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)
# More would only be more databases.
_TESTS = ("pytest", "-n", "auto", "--maxprocesses", "8")


def run(arguments: Sequence[str]) -> int:
    """Everything up to the first that fails, or pytest alone with these arguments; its exit code."""
    if not (_ROOT / "tests").is_dir():
        click.echo("The tests are not part of an installed package; they run in a checkout.", err=True)
        return 2
    os.chdir(_ROOT)
    if arguments:
        return _replaced_by(("pytest", *arguments))
    for linter in _LINTERS:
        code = _quietly(linter)
        if code:
            return code
    return _replaced_by(_TESTS)


def _quietly(command: Sequence[str]) -> int:
    """Only what fails has something to say."""
    click.echo(f"{' '.join(command)} …", nl=False)
    outcome = subprocess.run(
        _installed(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    click.echo(" failed" if outcome.returncode else " ok")
    if outcome.returncode:
        click.echo(outcome.stdout)
    return outcome.returncode


def _replaced_by(command: Sequence[str]) -> int:
    click.echo(f"{' '.join(command)} …")
    sys.stdout.flush()
    whole = _installed(command)
    os.execv(whole[0], whole)


def _installed(command: Sequence[str]) -> list[str]:
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]
