"""The forms in which a round by hand is shown or written, by the word that `--format` takes.

Each brings only what it needs itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from healthcheck.check import Planned
from healthcheck.report import console
from healthcheck.rounds import Finished


def _json(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import files

    return files.as_json(told.report)


def _html(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import render

    return render.html(told.report)


def _markdown(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import render

    return render.markdown(told.report)


def _nagios(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import nagios

    return nagios.nagios(told.report, told.status, plan, whole=told.whole)


def _junit(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import junit

    return junit.junit(told.report, whole=told.whole)


def _prometheus(told: Finished, plan: Sequence[Planned]) -> str:
    from healthcheck.report import prometheus

    return prometheus.prometheus(told.report, told.status)


FORMATS: dict[str, Callable[[Finished, Sequence[Planned]], str]] = {
    "text": lambda told, plan: console.console(told.report),
    "json": _json,
    "html": _html,
    "markdown": _markdown,
    "nagios": _nagios,
    "junit": _junit,
    "prometheus": _prometheus,
}
FOR_OTHERS = {"prometheus": 0o644}
"""Files that another account reads: node_exporter's. Nobody's words stand in them."""
