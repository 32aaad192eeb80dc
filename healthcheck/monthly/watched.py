"""How long something answered, was silent, or was not watched, out of the looks at it. Pure.

Each look speaks for the time until the next one at the same thing, and for no longer than it `holds`. What lies beyond
was not watched, and counts neither way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from healthcheck.history.answered import Answer
from healthcheck.monthly.opening import Span
from healthcheck.records import frozen

Look = tuple[datetime, Answer]


@frozen
class Watched:
    """Seconds of the opening hours. `silences` are the stretches of no answer, those that follow on each other as one.

    What was not watched is the rest: `open_s` less the three others.
    """

    open_s: float
    answered_s: float
    could_not_look_s: float
    silences: tuple[Span, ...] = ()

    @property
    def silent_s(self) -> float:
        """How long it did not answer."""
        return sum(span.seconds for span in self.silences)

    @property
    def not_watched_s(self) -> float:
        """How long nobody looked."""
        return max(0.0, self.open_s - self.answered_s - self.could_not_look_s - self.silent_s)

    @property
    def known_s(self) -> float:
        """How long it is known whether it answered: what its share is of."""
        return self.answered_s + self.silent_s


def watched(looks: Iterable[Look], spans: Sequence[Span], holds: timedelta) -> Watched:
    """Weigh the looks at one thing; `spans` are the opening hours, in order and apart from each other."""
    answered_s = could_not_look_s = 0.0
    silent: list[Span] = []
    for answer, piece in _pieces(looks, spans, holds):
        if answer is Answer.YES:
            answered_s += piece.seconds
        elif answer is Answer.COULD_NOT_LOOK:
            could_not_look_s += piece.seconds
        elif silent and silent[-1].end == piece.begin:
            silent[-1] = Span(silent[-1].begin, piece.end)
        else:
            silent.append(piece)
    return Watched(sum(span.seconds for span in spans), answered_s, could_not_look_s, tuple(silent))


def gaps(looks: Iterable[datetime], spans: Sequence[Span], holds: timedelta) -> Iterator[Span]:
    """The stretches of the opening hours in which nobody looked at anything."""
    seen = iter([piece for _, piece in _pieces(((at, Answer.YES) for at in looks), spans, holds)])
    piece = next(seen, None)
    for span in spans:
        known_until = span.begin
        while piece is not None and piece.begin < span.end:
            if piece.begin > known_until:
                yield Span(known_until, piece.begin)
            known_until = piece.end
            piece = next(seen, None)
        if known_until < span.end:
            yield Span(known_until, span.end)


def _pieces(looks: Iterable[Look], spans: Sequence[Span], holds: timedelta) -> Iterator[tuple[Answer, Span]]:
    """What each look speaks for, inside the opening hours."""
    asked = sorted((look for look in looks if look[1] is not Answer.NOT_ASKED), key=lambda look: look[0])
    ends = [span.end for span in spans]
    for number, (at, answer) in enumerate(asked):
        until = at + holds
        if number + 1 < len(asked):
            until = min(until, asked[number + 1][0])
        for span in spans[bisect_right(ends, at) :]:
            if span.begin >= until:
                break
            piece = Span(max(at, span.begin), min(until, span.end))
            if piece.begin < piece.end:
                yield answer, piece
