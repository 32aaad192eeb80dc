"""How long something lasted, where only its bounds are known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from healthcheck.diagnosis.telling import for_how_long

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("shortest", "longest", "told"),
    [
        (12 * MINUTE, 22 * MINUTE, "for 12 to 22 minutes"),
        (1 * MINUTE, 10 * MINUTE, "for 1 to 10 minutes"),
        (30 * MINUTE, 90 * MINUTE, "for 30 minutes to 1 hour 30 minutes"),
        (60 * MINUTE, 180 * MINUTE, "for 1 to 3 hours"),
        (0 * MINUTE, 10 * MINUTE, "for at most 10 minutes"),
        (24 * 60 * MINUTE, 72 * 60 * MINUTE, "for 24 hours to 3 days"),
        (5 * MINUTE, 5 * MINUTE, "for 5 minutes"),
        (5 * MINUTE, None, "for at least 5 minutes"),
        (0 * MINUTE, None, ""),
    ],
)
def test_both_bounds_are_told_in_as_few_words_as_will_do(
    shortest: timedelta, longest: timedelta | None, told: str
) -> None:
    assert for_how_long(shortest, longest) == told
