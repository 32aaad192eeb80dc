"""Starts one command from a small process and tells what it cost.

A process's peak memory counts that of whoever forked it, so the benchmark itself, which is large, must not be the one.
"""

import json
import os
import sys
import time


def main() -> None:
    """argv: a file for the answer, then the command."""
    answer, *argv = sys.argv[1:]
    begun = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ)
    _, status, usage = os.wait4(pid, 0)
    told = {
        "wall_s": time.perf_counter() - begun,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
        "exit": os.waitstatus_to_exitcode(status),
    }
    with open(answer, "w") as file:  # noqa: PTH123  # pathlib would make this process larger
        json.dump(told, file)


main()
