"""One pass over everything, from the plan to the outbox, and what goes with it: its hour, its lock, its leavings."""

from healthcheck.rounds.one_round import (
    HAND,
    HEARD_FILE,
    HISTORY_FILE,
    REPORT,
    WATCH,
    Finished,
    Selection,
    deliver_outbox,
    deliver_round,
    is_owed,
    run_round,
    watch_round,
)

__all__ = [
    "HAND",
    "HEARD_FILE",
    "HISTORY_FILE",
    "REPORT",
    "WATCH",
    "Finished",
    "Selection",
    "deliver_outbox",
    "deliver_round",
    "is_owed",
    "run_round",
    "watch_round",
]
