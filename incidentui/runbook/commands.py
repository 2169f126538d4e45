"""Shell text inside a fence: which lines are commands, which are sample output, what must still be filled in."""

from incidentui.runbook import printed, prompted
from incidentui.runbook.prompted import Split
from incidentui.runbook.tags import tags
from incidentui.runbook.unfinished import parts

SHELLS = frozenset({"sh", "bash", "zsh", "shell", "console", "shell-session", "terminal"})


def split(lang: str, text: str) -> Split:
    """With `$ ` prompts only those lines are commands. Without any, all of it is one thing: commands, or output; where
    it may be both it is held, for half a block must never run."""
    lines = text.split("\n")
    found = prompted.split(lines)
    if found is None and lang in ("console", "shell-session"):
        found = prompted.split_of_root(lines)
    if found is not None or lang not in SHELLS or (at := printed.begins(lang, lines)) is None:
        return found or Split(text)
    if not at:
        return Split("", text.strip("\n"))
    return Split(text, "", "reads as output", "put it in a block of its own, or put `$ ` before the commands", at)


def says_something(text: str) -> bool:
    """Whether there is more in it than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n"))


def placeholders(text: str) -> tuple[str, ...]:
    """`<namespace>`-like names, each once, in order. HTML tags, `<none>`, `<<EOF`, `<(cmd)` and `< file` are none.

    A tag stands in quotes or in a here-document: bare in a command `<head>` could only be a place to fill in.
    """
    found = (one for s, e, kind in parts(text) for one in tags(text, s, e, html=kind not in ("", "#")))
    return tuple(dict.fromkeys(name for _, _, name in found))
