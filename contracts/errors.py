"""What the law's room can object to. An error names a place and a closed code; it never carries a value."""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One objection to the Book, in words that a lawyer understands."""

    code: str
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.code}]"


class BookRefused(JukiError):
    """Contracts that the law does not support. Holds every finding, not only the first."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("book-refused", f"{len(findings)} finding(s)")
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)
