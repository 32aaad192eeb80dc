"""Pings so many addresses of 127/8 at once through the program's own socket, and nothing else.

argv: how many alive, how many dark, seconds to wait. Ends with 1 when not exactly the alive ones answered.
"""

from __future__ import annotations

import asyncio
import sys

from healthcheck.connections.icmp import Pinger
from tests.bench.configs import DARK_NET, addresses


async def main(alive: int, dark: int, left_s: float) -> bool:
    pinger = Pinger()
    asked = [*addresses(alive), *addresses(dark, DARK_NET)]
    replies = await asyncio.gather(*(pinger.ping(one, count=1, interval_s=1.0, left_s=left_s) for one in asked))
    pinger.close()
    return [bool(reply.rtts_s) for reply in replies] == [True] * alive + [False] * dark


if __name__ == "__main__":
    sys.exit(not asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
