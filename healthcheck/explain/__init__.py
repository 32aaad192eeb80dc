"""Explains a kind of check, one check of the config, or a trouble: what it is, how it stands, whom to call about it."""

from healthcheck.explain.check import explain_check
from healthcheck.explain.kind import explain_kind
from healthcheck.explain.trouble import explain_trouble

__all__ = ["explain_check", "explain_kind", "explain_trouble"]
