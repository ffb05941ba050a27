"""`python -m tests.threats`: whether hub/THREATS.md is what rows and tests say; `--write` writes it and its twin."""

import sys

from tests.catalogue.marks import marked
from tests.threats.page import pages
from tests.threats.rows import MARK, faults, model


def main(arguments: list[str]) -> int:
    """0: all is well (or written); 1: a page is another one, or a row does not fit; 2: usage."""
    if arguments not in ([], ["--write"]):
        sys.stderr.write("usage: python -m tests.threats [--write]\n")
        return 2
    found = faults(model().threats, marked(mark=MARK))
    for file, text in pages().items() if not found else ():
        if arguments:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            found.append(f"hub/{file.name} is not what rows and tests say: python -m tests.threats --write")
    sys.stderr.write("".join(f"{one}\n" for one in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
