"""Run one command; say how long it took, and how much memory it had at its peak.

    python stopwatch.py '{"argv": [..], "env": {..}, "stdin": "file", "stderr": "file"}'

A small process of its own: on Linux the peak of a child is never told as less than what its parent had.
"""

import json
import os
import sys
import time


def main() -> None:
    """Carry out the order in the first argument; print seconds, peak in bytes, and the exit code, as JSON."""
    order = json.loads(sys.argv[1])
    files = [
        (os.POSIX_SPAWN_OPEN, 0, order["stdin"], os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, order["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.perf_counter()
    child = os.posix_spawnp(order["argv"][0], order["argv"], order["env"], file_actions=files)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "peak": peak, "exit": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
