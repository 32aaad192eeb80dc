"""The foreign checks that a config can name: found without being loaded, asked behind the wall when one is used."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from healthcheck import plugins
from healthcheck.check import Check
from healthcheck.errors import Fell
from healthcheck.foreign import sources
from healthcheck.foreign.checks import Foreign, foreign_kind, unusable
from healthcheck.foreign.sources import Source
from healthcheck.foreign.wire import Place, of_secrets
from healthcheck.model import Secret
from healthcheck.plugins import Catalogue, Kind
from healthcheck.privacy import Privacy
from healthcheck.records import frozen
from healthcheck.words import duration, plain

if TYPE_CHECKING:  # asyncio comes with it
    from healthcheck.foreign.asking import Asking

LOAD_S = 10.0
"""What a file may take to load, or to judge its settings."""
FAULT = "this check has a fault"

Ask = Callable[[Place, str], Secret | None]
"""The secret of that name at a place of the entry, or the one that stands there itself when there is no name."""


@frozen
class Bound:
    """What came of binding an entry: the check, or its mistakes by place in it. `fault` is a line for IT."""

    check: Check[Any] | None = None
    mistakes: tuple[tuple[Place, str], ...] = ()
    fault: str = ""


@frozen
class _Loaded:
    """What a source turned out to define; `why` (plain) and `detail` say why it is nothing."""

    kinds: Mapping[str, Kind]
    why: str = ""
    detail: str = ""


class DropIns:
    """What stands in a folder and in installed packages. A context: leaving it ends every process it needed."""

    def __init__(self, folder: Path | None) -> None:
        self._files = tuple(sources.files(folder)) if folder else ()
        self._all: tuple[Source, ...] | None = None if folder else ()
        self._loaded: dict[Source, _Loaded] = {}
        self._asking: Asking | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._asking is not None:
            self._asking.close()

    @property
    def refused(self) -> tuple[str, ...]:
        """A sentence for each file that must not be loaded, or could not be when it was tried."""
        told = {source.origin: source.refusal for source in self._files if source.refusal}
        told |= {source.origin: loaded.detail for source, loaded in self._loaded.items() if loaded.why}
        return tuple(f"{origin}: not loaded: {why}" for origin, why in sorted(told.items()))

    def prepare(self, names: Collection[str]) -> None:
        """Load what claims one of these names, all at once: many will be asked for, and each may take its time."""
        self._load([source for source in self._files if not source.claims.isdisjoint(names)])

    def claimed(self, name: str) -> Kind | None:
        """The kind of a file that claims this name: it stands in for a built-in. The last file wins.

        Where such a file could not be loaded, a kind whose checks all say so.
        """
        claiming = [source for source in self._files if name in source.claims]
        self._load(claiming)
        for source in reversed(claiming):
            loaded = self._loaded[source]
            if name in loaded.kinds:
                return loaded.kinds[name]
            if loaded.why:
                why = f"its {source.name} could not be loaded: {loaded.why}"
                return unusable(name, why, f"{source.origin}: {loaded.detail}", source.origin)
        return None

    def anywhere(self, name: str) -> Kind | None:
        """The kind of that name in whatever file or package defines it; every one is loaded to see."""
        return self.all().kinds.get(name)

    def names(self) -> Iterable[str]:
        """Every kind that is known so far, and those that files claim."""
        claims = {name for source in self._files for name in source.claims}
        return sorted(claims | {name for loaded in self._loaded.values() for name in loaded.kinds})

    def all(self) -> Catalogue:
        """Everything there is, loaded now."""
        if self._all is None:
            self._all = (*sources.installed(), *self._files)
        self._load(self._all)
        kinds = {name: kind for source in self._all for name, kind in self._loaded[source].kinds.items()}
        return Catalogue(kinds, self.refused)

    def bind(self, kind: Kind, entry: Mapping[str, Any], ask: Ask) -> Bound:
        """A `[[check]]` entry of a foreign kind, judged by its own code; `ask` is asked for the secrets it wants."""
        check = _foreign(kind)
        secrets: dict[Place, Secret] = {}
        try:
            told = self._told("bind", kind, entry=entry, secrets=[])
            if asks := told.get("asks"):
                found = {tuple(place): ask(tuple(place), name) for place, name in asks}
                secrets = {place: secret for place, secret in found.items() if secret is not None}
                if len(secrets) < len(found):
                    return Bound()  # what is missing is a mistake, and noted by whoever was asked
                told = self._told("bind", kind, entry=entry, secrets=of_secrets(secrets))
            if mistakes := told.get("mistakes"):
                says = Privacy(secrets=tuple(secrets.values())).text  # these are its author's words
                return Bound(mistakes=tuple((tuple(place), says(text, 300)) for place, text in mistakes))
            if "fault" not in told:
                return Bound(check(entry=dict(entry), secrets=secrets, end=plain(told["end"])))
            fault = plain(told["fault"])
        except (Fell, LookupError, TypeError, ValueError) as error:
            fault = plain(str(error)) if isinstance(error, Fell) else "it answered in a way that makes no sense"
        return Bound(unusable(kind.name, FAULT, f"{kind.origin}: {fault}", kind.origin).check(), fault=fault)

    def schemas(self) -> dict[str, dict[str, Any]]:
        """The JSON Schema of every foreign kind's `[[check]]` table by its name, as far as it has one.

        What a table defines besides is named after it, so that no two of them collide.
        """
        found = {}
        for name, kind in self.all().kinds.items():
            if issubclass(kind.check, Foreign):
                with contextlib.suppress(Fell, LookupError):
                    found[name] = dict(self._told("schema", kind)["schema"])
        return found

    def _load(self, wanted: Iterable[Source]) -> None:
        new = [source for source in wanted if source not in self._loaded]
        safe = [source for source in new if not source.refusal]
        for source in new:
            if source.refusal:
                self._loaded[source] = _Loaded({}, source.refusal.partition(";")[0], source.refusal)
        for source in safe:
            if sources.is_program(source):
                assert source.file is not None
                kind = plugins.load_program(source.file, sources.manual(source.file))
                self._loaded[source] = _Loaded({kind.name: kind})
        asked = [source for source in safe if not sources.is_program(source)]
        questions = [{"ask": "describe", "source": sources.of_source(source)} for source in asked]
        for source, told in zip(asked, self._answers(questions), strict=True):
            self._loaded[source] = _described(source, told)

    def _told(self, what: str, kind: Kind, **more: Any) -> dict[str, Any]:
        question = {"ask": what, "source": sources.of_source(_foreign(kind).source), "kind": kind.name, **more}
        [told] = self._answers([question])
        if isinstance(told, Fell):
            raise told
        return told

    def _answers(self, questions: list[dict[str, Any]]) -> list[dict[str, Any] | Fell]:
        if not questions:
            return []
        if self._asking is None:
            from healthcheck.foreign.asking import Asking  # brings asyncio: only where there is foreign code to ask

            self._asking = Asking()
        return self._asking.all(questions, LOAD_S)


def _described(source: Source, told: Mapping[str, Any] | Fell) -> _Loaded:
    if isinstance(told, Fell):
        why = f"it was not done after {duration(LOAD_S)}" if told.late else "it ended while it was loaded"
        return _Loaded({}, why, str(told))
    try:
        if "refused" in told:
            return _Loaded({}, plain(told["refused"]["why"]), plain(told["refused"]["detail"], 500))
        kinds = [foreign_kind(kind, source) for kind in told["kinds"]]
    except (LookupError, TypeError, ValueError):
        why = "it describes itself in a way that makes no sense"
        return _Loaded({}, why, why)
    return _Loaded({kind.name: kind for kind in kinds})


def _foreign(kind: Kind) -> type[Foreign]:
    assert issubclass(kind.check, Foreign)
    return kind.check
