"""Where the program starts: `healthcheck`, or `python -m healthcheck`."""

from __future__ import annotations

import gc
import sys

GARBAGE_THRESHOLD = 100_000
"""What is loaded stays: to look it through for garbage at every 700th object costs a tenth of a round."""


def main() -> None:
    """Answer `--version` before anything is imported; everything else is the command line's."""
    if sys.argv[1:] == ["--version"]:
        from healthcheck import __version__

        print(f"healthcheck {__version__}")
        return
    gc.set_threshold(GARBAGE_THRESHOLD)
    from healthcheck.cli.root import run

    code = run(sys.argv[1:])
    gc.freeze()  # else Python looks everything through once more, only to give back what ends with the process
    sys.exit(code)


if __name__ == "__main__":
    main()
