"""PostgreSQL's own programs: a dump of one moment, and bringing it back in one transaction."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, text

# Stands among the tables until all that follows a restore is done.
UNFINISHED = "unfinished_restore"
_KEYLESS = "--exclude-table-data=data_key"
# Where Debian and others keep the programs of each version.
_USUAL = Path("/usr/lib/postgresql")


class NoTools(Exception):
    """The program is not here, or older than the server."""


class ToolFailed(Exception):
    """What PostgreSQL's program said last, without what it was sent."""


def dump(connection: Connection, into: Path, tools: Path | None) -> None:
    """As this connection's transaction sees it, which has to be REPEATABLE READ; without the data keys."""
    snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
    command = [
        program("pg_dump", tools, connection),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        _KEYLESS,
        f"--snapshot={snapshot}",
        f"--file={into}",
    ]
    _run(command, connection.engine.url)


def restore(connection: Connection, dumped: Path, keys: Iterable[Sequence[Any]], tools: Path | None) -> None:
    """Bring it into an empty database, whole or not at all; `keys` are rows for the table of data keys.

    The constraints come last, so the keys stand between the rows and them.
    """
    url, reader = connection.engine.url, program("pg_restore", tools, connection)
    command = [program("psql", tools, connection), "--single-transaction", "--quiet", "--no-psqlrc"]
    with subprocess.Popen(
        [*command, "--set=ON_ERROR_STOP=1", "--output=/dev/null"],
        env=_environment(url),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as psql:
        assert psql.stdin is not None
        assert psql.stderr is not None
        try:
            psql.stdin.write(f"CREATE TABLE public.{UNFINISHED} (since timestamp);\n".encode())
            for part in ("pre-data", "data", None, "post-data"):
                if part is None:
                    psql.stdin.writelines(_statements(keys))
                else:
                    _feed([reader, f"--section={part}", "--file=-", str(dumped)], url, psql.stdin)
            psql.stdin.close()
        except BrokenPipeError:
            pass
        said = psql.stderr.read().decode(errors="replace")
    if psql.returncode:
        raise ToolFailed(_last_line(said))


def program(name: str, tools: Path | None, connection: Connection) -> str:
    """The program of this name that is as new as the server, at least. Raises NoTools."""
    server = connection.scalar(text("SHOW server_version_num"))
    for folder in _folders(tools):
        found = shutil.which(name, path=str(folder))
        if found and _version(found) >= int(server or 0) // 10_000:
            return found
    raise NoTools(
        f"{name} of PostgreSQL {int(server or 0) // 10_000} or newer is not here; install it (on Debian:"
        f" postgresql-client), or name its folder with PORTAL_POSTGRES_TOOLS"
    )


def _folders(tools: Path | None) -> Iterator[Path]:
    if tools:
        yield tools
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)
    yield from sorted(_USUAL.glob("*/bin"), reverse=True)


def _version(found: str) -> int:
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = [part for part in said.split() if part[:1].isdigit()]
    return int(numbers[0].split(".")[0]) if numbers else 0


def _feed(command: Sequence[str], url: URL, into: IO[bytes]) -> None:
    with subprocess.Popen(command, env=_environment(url), stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        shutil.copyfileobj(reader.stdout, into)
    if reader.returncode:
        raise ToolFailed("the dump cannot be read")


def _statements(keys: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The data keys, as rows of JSON in one statement each: nothing of them is taken for SQL."""
    for each in keys:
        row = json.dumps(
            dict(zip(("id", "reference", "sealed", "made", "renewed", "destroyed"), each, strict=True))
        )
        yield (
            "INSERT INTO public.data_key (id, reference, sealed_key, made_at, renewed_at, destroyed_at)"
            " SELECT id, reference, decode(sealed, 'hex'), made, renewed, destroyed"
            f" FROM json_to_record('{row}') AS each (id int, reference text, sealed text,"
            " made timestamp, renewed timestamp, destroyed timestamp);\n"
        ).encode()
    yield (
        b"SELECT setval(pg_get_serial_sequence('public.data_key', 'id'), greatest(1, max(id)))"
        b" FROM public.data_key;\n"
    )


def _run(command: Sequence[str], url: URL) -> None:
    ended = subprocess.run(command, env=_environment(url), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise ToolFailed(_last_line(ended.stderr))


def _last_line(said: str) -> str:
    return (said.strip().splitlines() or ["it ended without a word"])[-1]


def _environment(url: URL) -> Mapping[str, str]:
    """The password goes this way, since everybody can read what a program was started with."""
    host = url.host or url.query.get("host", "")
    said = {
        "PGHOST": host if isinstance(host, str) else host[0],
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
    }
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"} | {k: v for k, v in said.items() if v}
