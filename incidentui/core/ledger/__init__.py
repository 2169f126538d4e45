"""What of each commit since known-good stands in the tree now: taken back, in force, or partly. By patch, no message.

The rule. Only files that differ between known-good and the tip are looked at; in every other file all is taken back.
Each line, mode and binary file is followed from known-good through the commits of the window (`lines`). It
differs when it is not now as it was at known-good. A commit is

- *in force* when something it left so differs and still is as it left it, and nothing it did was undone,
- *partly* when some of that was undone since, or only lives on in lines that later commits made of its own,
- *taken back* when nothing of it differs from known-good any more.

So a commit that only brings known-good back is itself taken back; a revert that was reverted is, and what it had
taken away is in force again. A merge counts as what it brought to its first parent, and the commits of its side
branch as what of theirs came with it. Where a file can be compared in two ways (moved blocks, lines that are twice
there) the direct difference to known-good decides, as long as every line of it has its commit.
"""

from incidentui.core.ledger.counted import in_force, partly, taken_back, told
from incidentui.core.ledger.shares import Patch, Share, Step, by_file, shares
from incidentui.core.ledger.window import chain, made

__all__ = ["Patch", "Share", "Step", "by_file", "chain", "in_force", "made", "partly", "shares", "taken_back", "told"]
