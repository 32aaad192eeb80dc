"""Takes what rounds left in the outbox to where it belongs, and tells the outside watchdog whether it got there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from healthcheck.config.settings import Config
from healthcheck.delivery import outbox
from healthcheck.history import History
from healthcheck.model import Posting
from healthcheck.rounds import deliver
from healthcheck.rounds.begun import opened
from healthcheck.rounds.finished import Finished

log = logging.getLogger(__name__)

HEARD_FILE = "heartbeat-heard"
"""It is as old as the last report that the outside watchdog heard of."""
Deliver = Callable[[Config, History, Path], tuple[Posting, ...]]


def deliver_round(config: Config, finished: Finished, state_dir: Path, until: datetime) -> list[str]:
    """Send what a round left in the outbox, trying again until then; a sentence for each that nobody has accepted."""
    with contextlib.ExitStack() as stack:
        history = opened(stack, state_dir)[0] if finished.kept else None
        store = deliver.InMemory(finished.postings, history)
        tried = deliver.deliver_until(config, store, state_dir, until)
        own = [posting for posting in tried if posting.round == finished.round.id]
        _beat(config, state_dir, well=not deliver.not_delivered(config, own, kept=True))
        return deliver.not_delivered(config, tried, kept=history is not None)


def deliver_outbox(config: Config, state_dir: Path, deliver_some: Deliver = deliver.deliver_once) -> list[str]:
    """Try once what is due in the outbox; a sentence for each posting that nobody has accepted."""
    with contextlib.ExitStack() as stack:
        history, trouble = opened(stack, state_dir)
        if history is None:
            return list(trouble)
        tried = deliver_some(config, history, state_dir)
        sent = {posting.round for posting in tried if posting.state == outbox.SENT}
        sent -= {round_id for round_id in sent if round_id.startswith(outbox.MONTHLY)}  # says nothing of the morning's
        if sent and not deliver.not_delivered(config, [one for one in tried if one.round in sent], kept=True):
            _beat(config, state_dir, well=True)
        return deliver.not_delivered(config, tried, kept=True)


def _beat(config: Config, state_dir: Path, *, well: bool) -> None:
    if config.heartbeat is None:
        return
    from healthcheck.delivery import heartbeat  # brings HTTP

    if said := heartbeat.beat(config.heartbeat, well=well):
        log.warning("%s", said)
    elif well:
        with contextlib.suppress(OSError):  # it was heard all the same
            (state_dir / HEARD_FILE).touch()
