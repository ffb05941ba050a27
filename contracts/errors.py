"""What the law's room can object to. An error names a place and a closed code; it never carries a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["ja", "en"]


class JukiError(Exception):
    """Root of every error of the hub: a closed `code` (kebab case) and the `place` where it was found."""

    exit_code = 1

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(code, place)
        self.code = code
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.code}" if self.place else self.code


class ChangeRefused(JukiError):
    """A Change that the door does not let in. `place` is a known path such as `after.birth_date`, or empty."""


_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""What Unicode calls printable, and what looks like nothing at all."""


def visible(text: str) -> str:
    """`text` with a mark in the place of each character that cannot be seen: it may be shown on a terminal."""
    return "".join(each if _is_seen(each) else "\ufffd" for each in text)


def _is_seen(each: str) -> bool:
    return each not in _BLANK and (each.isprintable() or each == "\u3000")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages: Japanese for those who sign a contract, English for those who run it."""

    ja: str
    en: str

    def format(self, **words: object) -> "Text":
        """The sentence with `words` in its braces; a word that is a Text itself speaks the same language."""
        ja = {name: word.ja if isinstance(word, Text) else word for name, word in words.items()}
        en = {name: word.en if isinstance(word, Text) else word for name, word in words.items()}
        return Text(self.ja.format(**ja), self.en.format(**en))


@dataclass(frozen=True, slots=True)
class Finding:
    """One objection to the Book, in words that a lawyer understands."""

    code: str
    file: str
    line: int
    message: Text

    def told(self, language: Language = "ja") -> str:
        """Place, sentence and code, in one line of what can be seen."""
        said = self.message.ja if language == "ja" else self.message.en
        return visible(f"{self.file}:{self.line}: {said} [{self.code}]")

    def __str__(self) -> str:
        return self.told()


class BookRefused(JukiError):
    """Contracts that the law does not support. Holds every finding, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda finding: (finding.file, finding.line, finding.code)))
        super().__init__("book-refused", f"{len(self.findings)} finding(s)")

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)
