"""Other ways to write a place to fill in: `{pod}`, `{{pod}}`, `YOUR_TOKEN`, `CHANGE_ME`, `XXX`.

Each of them means something else somewhere: braces to jq, awk, Go templates and shells themselves, `XXX` to mktemp. One
is taken for a place only where it is a word of its own in a plain command; what may be one is said, and runs.
"""

import re
from collections.abc import Iterator

_CAPITALS = r"YOUR[_-](?:[A-Z0-9]+[_-])*[A-Z0-9]+|(?:CHANGE|REPLACE|FILL)[_-]?(?:ME|THIS|IN)|X{3,}"
_BLANK = re.compile(
    r"(?<![\w$@%#\\{}])"
    rf"(?:\{{\{{ ?(?P<two>[A-Za-z][\w-]*) ?\}}\}}|\{{(?P<one>[A-Za-z][\w-]*)\}}|(?P<word>{_CAPITALS}))"
    r"(?![\w{}<>=])"
)
_TEMPLATE = re.compile(r"end|else|if|range|with|json|define|block|template|print\w*", re.IGNORECASE)
"""What stands alone in braces of a template, or of awk."""
_READS_BRACES = re.compile(
    r"\b(?:jq|yq|[gm]?awk|sed|perl|python[\d.]*|ruby|node|xargs|parallel|find|fd|rg|e?grep|ag|mktemp|tr|gomplate"
    r"|envsubst|helm|ansible\w*|eval)\b|(?<!\S)--?(?:format|template|filter|f|o|I|w|output|replace)\b|jsonpath|go-template"
)
_BEGINS_A_COMMAND = re.compile(r"(?:^|[;&|({`!]|\b(?:then|do|else|if|while))\s*$")


def blanks(text: str, start: int, end: int, line: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, name) of what surely is one, between the two in code. `line`: all of the line they stand in."""
    for found in _BLANK.finditer(text, start, end) if not _READS_BRACES.search(line) else ():
        before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not _TEMPLATE.fullmatch(_name(found)) and not _BEGINS_A_COMMAND.search(before):
            yield found.start(), found.end(), _name(found)


def doubtful(text: str, start: int, end: int, line: str, *, quoted: bool) -> Iterator[str]:
    """As they are written: what may be one. A single brace within quotes is more often something else."""
    sure = set() if quoted else {begin for begin, _, _ in blanks(text, start, end, line)}
    for found in _BLANK.finditer(text, start, end):
        word = found["word"]
        likely = (word and not (_READS_BRACES.search(line) and word.startswith("XXX"))) or (
            not _READS_BRACES.search(line) and not (quoted and found["one"])
        )
        if likely and found.start() not in sure and not _TEMPLATE.fullmatch(_name(found)):
            yield found[0]


def _name(found: re.Match[str]) -> str:
    return found["two"] or found["one"] or found["word"]
