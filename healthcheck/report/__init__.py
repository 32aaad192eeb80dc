"""The report: what a person reads before the doors open, what IT gets with it, and what a program reads."""

from __future__ import annotations

from healthcheck.report.build import build
from healthcheck.report.document import json
from healthcheck.report.page import Report

__all__ = ["Report", "build", "json"]
