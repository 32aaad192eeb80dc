"""`healthcheck watch`: a light pass between reports, and whatever is still to be sent."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import click

from healthcheck.cli.report import last_month
from healthcheck.cli.root import Paths
from healthcheck.rounds import REPORT, deliver_outbox, deliver_round, is_owed, run_round, watch_round
from healthcheck.rounds.lock import Busy

log = logging.getLogger(__name__)


@click.command("watch")
@click.pass_obj
def command(paths: Paths) -> int:
    """Look at power and reachability only, remember it, and try the outbox. Meant to run every few minutes.

    If today's report was missed, it is made now and marked late. While another round is under way the looking is left
    to that one. Ends with 0 whatever is found: what must be told stands in the next report.
    """
    config, state = paths.load(), paths.state()
    try:
        if is_owed(config, state, datetime.now(UTC)):
            finished = run_round(config, trigger=REPORT, state_dir=state)
            said = deliver_round(config, finished, state, finished.round.finished_at)
            said += last_month(config, state)
        else:
            watch_round(config, state)
            said = deliver_outbox(config, state)
    except Busy as busy:
        log.info("%s", busy)
        said = deliver_outbox(config, state)
    for sentence in dict.fromkeys(said):
        print(f"healthcheck: {sentence}", file=sys.stderr)
    return 0
