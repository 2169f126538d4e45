"""The judge from outside: awkward repositories, the installed `incidentui act`, plain git to say what became of them.

`python -m tests.git.table [STATE...]` runs all states, or those named, and prints every fault and the scoreboard.
"""
