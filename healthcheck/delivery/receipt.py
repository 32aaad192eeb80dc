"""What the other side said when it took a posting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from healthcheck.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side's own words; `refused` holds those for each recipient that it did not take, by address."""

    reply: str
    refused: Mapping[str, DeliveryError] = field(default_factory=dict)
