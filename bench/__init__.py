"""`make bench`: how long things take beside the databases' own clients and other tools, in one run, turn by turn.

figures.py     the table of what is measured, and how good it shall be: begin here
tools.py       who takes part, and what each is called with
turns.py       runs them: A B C, A B C, .. so that whatever else this machine does hits all alike
stopwatch.py   runs one command: seconds and memory
slow.py        a network that is slow, and counts the round trips
report.py      ratios, the table, JSON, and what fell back
__main__.py    the command line

The servers are those of the tests.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if (tests := str(ROOT / "tests")) not in sys.path:
    sys.path.append(tests)
