"""The forms in which a round by hand is shown or written, by the word that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from healthcheck.check import Planned
from healthcheck.report import console, files, nagios, prometheus, render
from healthcheck.rounds import Finished


def _junit(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import junit  # brings XML, which no other form needs

    return junit.junit(told.report, whole=told.whole)


FORMATS: dict[str, Callable[[Finished, Sequence[Planned]], str]] = {
    "text": lambda told, plan: console.console(told.report),
    "json": lambda told, plan: files.as_json(told.report),
    "html": lambda told, plan: render.html(told.report),
    "markdown": lambda told, plan: render.markdown(told.report),
    "nagios": lambda told, plan: nagios.nagios(told.report, told.status, plan, whole=told.whole),
    "junit": _junit,
    "prometheus": lambda told, plan: prometheus.prometheus(told.report, told.status),
}
FOR_OTHERS = {"prometheus": 0o644}
"""Files that another account reads: node_exporter's. Nobody's words stand in them."""
