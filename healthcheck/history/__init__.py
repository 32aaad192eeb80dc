"""What is remembered from round to round, in one SQLite file: rounds, findings, events, incidents, the outbox."""

from healthcheck.history.store import History

__all__ = ["History"]
