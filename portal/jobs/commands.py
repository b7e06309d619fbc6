"""The worker, as a command."""

from __future__ import annotations

import contextvars
import logging
import os
import signal

import click
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.jobs.worker import Worker
from portal.traces import log_to


@click.command("work")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.01),
    default=1.0,
    show_default=True,
    help="Seconds between two looks at an empty queue.",
)
@click.option("--started-by", type=int, hidden=True, help="End with the process of this number.")
def work(once: bool, every: float, started_by: int | None) -> None:
    """Do the work that is due: deliver mail, let requests expire."""
    log_to(logging.WARNING if started_by else logging.INFO)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    worker = Worker(
        app,
        every_seconds=every,
        abandoned=lambda: started_by is not None and os.getppid() != started_by,
    )
    # A context without the command's own application context: every job gets one of its own.
    contextvars.Context().run(_all_that_is_due if once else _for_ever, worker)


def _all_that_is_due(worker: Worker) -> None:
    try:
        worker.do_all_that_is_due()
    except SQLAlchemyError as problem:
        raise click.ClickException(f"The database does not answer: {type(problem).__name__}") from None


def _for_ever(worker: Worker) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
