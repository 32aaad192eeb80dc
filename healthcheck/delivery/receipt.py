"""What the other side said when it took a posting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from healthcheck.errors import DeliveryError
from healthcheck.records import frozen


@frozen
class Receipt:
    """The other side's own words; `refused` holds those for each recipient that it did not take, by address."""

    reply: str
    refused: Mapping[str, DeliveryError] = field(default_factory=dict)
