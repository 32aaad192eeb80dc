"""Where boxes and lines stand in a drawing of what depends on what: layers from left to right, no box over another.

Every function is pure: the same practice gives the same drawing.
"""

from __future__ import annotations

from healthcheck.inventory.drawing import clinics, services
from healthcheck.inventory.drawing.shapes import HIGHEST, WIDTH, Box, Figure, Label, Line
from healthcheck.model import Practice

__all__ = ["HIGHEST", "WIDTH", "Box", "Figure", "Label", "Line", "figures"]


def figures(practice: Practice) -> tuple[Figure, ...]:
    """The clinics and how they are joined, then the services and what they need; as many drawings as pages need."""
    return (*clinics.figures(practice), *services.figures(practice))
