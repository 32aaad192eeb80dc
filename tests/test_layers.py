"""The floors of the house: imports go down only, rooms on one floor keep apart, and nothing goes round in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "healthcheck"

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"records", "partial_import", "model", "errors", "words", "known", "findings"}),
    frozenset({"check", "privacy", "processes", "sheets"}),
    frozenset({"api", "plugins", "connections", "history", "diagnosis", "report", "delivery"}),
    frozenset({"missed"}),
    frozenset({"attempt"}),
    frozenset({"foreign"}),
    frozenset({"checks", "config", "runner"}),
    frozenset({"walled", "pages"}),
    frozenset({"agent", "rounds", "failed"}),
    frozenset({"demo", "doctor", "explain", "interview", "inventory", "monthly"}),
    frozenset({"handover"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)

WITHIN_THE_GROUND = {
    "records": set(),
    "partial_import": set(),
    "model": {"records"},
    "errors": set(),
    "words": set(),
    "known": {"model", "records"},
    "findings": {"known", "model", "records", "words"},
}
"""On the ground floor the types come first."""


def rooms() -> list[str]:
    return sorted({path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")})


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(module: Path) -> Iterator[str]:
    """Every module of ours that a file imports, anywhere in it, by dotted name."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("healthcheck"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("healthcheck"):
            assert node.level == 0, f"{module} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor_of(room: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


def imported_rooms(module: Path) -> set[str]:
    names = {name.split(".")[1] for name in imports(module) if name.count(".") >= 1}
    return {name for name in names if name in rooms()} - {room_of(module)}


def test_every_room_has_a_floor() -> None:
    placed = frozenset().union(*FLOORS) | {"__init__"}
    assert [room for room in rooms() if room not in placed] == []


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(module: Path) -> None:
    room = room_of(module)
    if room == "__init__":
        return
    allowed = set().union(*FLOORS[: floor_of(room)]) | {"__init__", "__version__"}
    if room in WITHIN_THE_GROUND:
        allowed = set(WITHIN_THE_GROUND[room])
    if room == "plugins":
        allowed |= {"checks"}  # it looks through the folder; it names none of them
    assert imported_rooms(module) - allowed == set()


@pytest.mark.parametrize("module", sorted((PACKAGE / "checks").rglob("*.py")), ids=lambda path: path.stem)
def test_a_check_imports_the_api_alone(module: Path) -> None:
    ours = {name for name in imports(module) if not name.startswith("healthcheck.checks._")}
    assert {name for name in ours if not name.startswith("healthcheck.api")} == set()


def test_no_import_goes_round_in_a_circle() -> None:
    names = {
        ".".join(("healthcheck", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in modules()
    }
    edges = {name: {_module(used, names) for used in imports(path)} & set(names) for name, path in names.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail, name))
        if name in done:
            return
        for used in sorted(edges[name] - {name}):
            visit(used, (*trail, name))
        done.add(name)

    for name in sorted(names):
        visit(name, ())


def _module(used: str, names: Mapping[str, Path]) -> str:
    """`from healthcheck import report` uses that package; `from healthcheck.words import join` the module."""
    return used if used in names else used.rpartition(".")[0]


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_attempts_the_loaders_of_foreign_code_and_the_last_line_of_all_catch_everything(module: Path) -> None:
    broad = {
        "attempt.py", "plugins.py", "walled/questions.py", "connections/threads.py", "config/plan.py", "cli/root.py",
        "doctor/examination.py",
    }  # fmt: skip
    found = [
        node.lineno
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or "Exception" in {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
            or "BaseException" in ast.unparse(node.type)
        )
        and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    ]
    if str(module.relative_to(PACKAGE)) not in broad:
        assert found == []
