"""`python -m tests.git.table [STATE...]`: the table by hand, each case on a line, then the scoreboard."""

import sys

from tests.git.table.play import board, cases, play_all

results = play_all(cases(sys.argv[1:]), told=True)
sys.stdout.write(f"{board(results)}\n")
sys.exit(any(result.faults for result in results))
