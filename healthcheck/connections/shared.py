"""What the checks of one round share: made by the first that asks for it, closed when the round is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from healthcheck.check import Closing

Thing = TypeVar("Thing", bound=Closing)


class Shared:
    """The things by the key that they are asked for with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._things: dict[Hashable, Closing] = {}

    def of(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """The thing of that key; `make` is called once and must not wait for anything."""
        with self._lock:
            if key not in self._things:
                self._things[key] = make()
            return self._things[key]  # type: ignore[return-value]  # whoever knows the key knows what it stands for

    def close(self) -> None:
        """Close everything."""
        with self._lock:
            for thing in self._things.values():
                thing.close()
            self._things.clear()
