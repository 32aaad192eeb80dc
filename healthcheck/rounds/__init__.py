"""One pass over everything, from the plan to the outbox, and what goes with it: its hour, its lock, its leavings."""

from healthcheck.rounds.begun import HAND, HISTORY_FILE, REPORT, WATCH
from healthcheck.rounds.finished import Finished
from healthcheck.rounds.one_round import Selection, is_owed, run_round, watch_round
from healthcheck.rounds.sending import HEARD_FILE, deliver_outbox, deliver_round

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
