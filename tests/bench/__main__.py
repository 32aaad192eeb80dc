"""`python -m tests.bench [subject …] [--rounds N]`: run the benchmarks by name, all of them when none is named."""

from __future__ import annotations

import argparse
import platform

from tests.bench import diagnosis, logins, memory, more, morning, pings, running, scale, soak, startup

SUBJECTS = {
    "startup": startup.run,
    "morning": morning.run,
    "many": morning.run_many,
    "dark": morning.run_dark,
    "pings": pings.run,
    "logins": logins.run,
    "memory": memory.run,
    "more": more.run,
    "running": running.run,
    "diagnosis": diagnosis.run,
    "scale": scale.run,
    "soak": soak.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=", ".join(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=7, help="how many times each command runs (default 7)")
    chosen = parser.parse_args()
    unknown = set(chosen.subjects) - set(SUBJECTS)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    print(f"Python {platform.python_version()}, {platform.machine()}, Linux {platform.release()}\n")
    for name in chosen.subjects or SUBJECTS:
        print(SUBJECTS[name](chosen.rounds), flush=True)


if __name__ == "__main__":
    main()
