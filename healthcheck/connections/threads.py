"""Blocking work in daemon threads of its own: a call that never returns costs its caller a deadline, not the program.

A worker of `ThreadPoolExecutor` that hangs keeps the process alive; a daemon thread does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


async def in_thread(work: Callable[[], Value], *, name: str = "probe") -> Value:
    """Run a blocking call in a new daemon thread and return its value, or raise what it raised.

    `SystemExit` and `KeyboardInterrupt` raised by the call come back like any other exception. When the awaiting
    task is cancelled the thread is abandoned: whatever it returns later is dropped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Value] = loop.create_future()

    def settle(value: Value | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]  # None only where Value allows it

    def body() -> None:
        value: Value | None = None
        error: BaseException | None = None
        try:
            value = work()
        except (StopIteration, GeneratorExit) as caught:  # a coroutine would take these for its own end
            error = RuntimeError(f"{type(caught).__name__}: {caught}")
        except BaseException as caught:  # handed to the awaiting task, not handled here
            error = caught
        # The loop is closed once the round is over; nobody waits for this answer any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=body, name=name, daemon=True).start()
    return await future
