"""What persons type to be kept: why they ask for something, what a token or a program is for. One rule for all of it.

Whoever approves, and whoever audits, reads these words on a terminal or a screen, perhaps years later. So they are kept
only where each character can be seen, and where they are no longer than somebody reads. What is wrong is refused aloud
and never mended in silence: two persons have to see the same words. Nothing may be said of a resident; that nobody can
check.
"""

from typing import Final

from contracts.errors import visible
from hub.errors import UsageError

LONGEST: Final = 500
LABEL: Final = 80


def case(number: str | None) -> dict[str, str | int]:
    """The detail of an act that belongs to this case (案件番号); none where none is said: then the review lists it."""
    return {} if number is None else {"case": said(number, "--case", LABEL)}


def said(text: str, place: str, longest: int = LONGEST) -> str:
    """`text` without the space around it; UsageError: empty, too-long, or not-visible."""
    words = text.strip()
    if not words:
        raise UsageError("empty", place, "Say it, and nothing about a resident")
    if len(words) > longest:
        raise UsageError("too-long", place, f"At most {longest} characters")
    if visible(words) != words:
        raise UsageError("not-visible", place, "One line, without characters that cannot be seen")
    return words
