"""Where something went wrong, told without the words that were on their way: a log is read by many."""

from __future__ import annotations

import traceback
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def without_words(problem: BaseException) -> str:
    """The kind of what happened, and of what lay behind it, with the places in the code, innermost last.

    No message and no value is repeated: a database's or a parser's often holds what somebody typed.
    """
    chain: list[BaseException] = []
    behind: BaseException | None = problem
    # A chain may bite its own tail.
    while behind is not None and behind not in chain:
        chain.append(behind)
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
    return "\nand from it\n".join(_told(one) for one in reversed(chain))


def _told(problem: BaseException) -> str:
    places = [f"  {_place(frame)}" for frame in traceback.extract_tb(problem.__traceback__)]
    return "\n".join([f"{type(problem).__module__}.{type(problem).__qualname__}", *places])


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    told = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path
    return f"{told}:{frame.lineno} in {frame.name}"
