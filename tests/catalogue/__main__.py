"""`python -m tests.catalogue`: whether tests/CATALOGUE.md is what the tests say; `--write` writes it."""

import sys

from tests.catalogue.marks import marked
from tests.catalogue.page import PAGE, page
from tests.catalogue.rows import INPUTS, TRAPS, faults, rows


def main(arguments: list[str]) -> int:
    """0: all is well (or written); 1: the page is another one, or a row does not fit; 2: usage."""
    if arguments not in ([], ["--write"]):
        sys.stderr.write("usage: python -m tests.catalogue [--write]\n")
        return 2
    found = faults([*rows(INPUTS), *rows(TRAPS)], marked())
    if not found and arguments:
        PAGE.write_text(page(), encoding="utf-8")
    if not found and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()):
        found = ["tests/CATALOGUE.md is not what the tests say: python -m tests.catalogue --write"]
    sys.stderr.write("".join(f"{one}\n" for one in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
