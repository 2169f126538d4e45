"""How a row is coloured, and what it is made of."""

from typing import Literal

Tone = Literal["text", "muted", "fail", "slow", "unknown", "ok"]
Said = tuple[str, str, Tone]
"""Mark, sentence, tone."""
