"""Questions to the wall by those who wait for the answers: the config, before any round."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from healthcheck.errors import Fell
from healthcheck.foreign.wall import Wall

Question = Mapping[str, Any]


class Asking:
    """A wall of its own, and an event loop to wait on. `close` ends every process behind it."""

    def __init__(self) -> None:
        self._wall, self._runner = Wall(), asyncio.Runner()

    def all(self, questions: Iterable[Question], deadline_s: float) -> list[dict[str, Any] | Fell]:
        """The answers to questions that are asked at once, in their order, or why there is none."""

        async def one(question: Question) -> dict[str, Any] | Fell:
            try:
                return await self._wall.ask(question, deadline_s)
            except Fell as fell:
                return fell

        async def body() -> list[dict[str, Any] | Fell]:
            return await asyncio.gather(*map(one, questions))

        return self._runner.run(body())

    def close(self) -> None:
        """End what was started."""
        self._runner.run(self._wall.close())
        self._runner.close()
