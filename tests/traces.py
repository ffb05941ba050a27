"""Every form in which a text could lie somewhere: encodings, base64 in all three alignments, percent, escapes, hex."""

import base64
from collections.abc import Iterable
from urllib.parse import quote


def traces(text: str) -> dict[str, bytes]:
    """Form -> the bytes to search for."""
    utf8 = text.encode()
    found = {
        "utf-8": utf8,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "cp932": text.encode("cp932", errors="ignore"),
        "full-width": text.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)}).encode(),
        "percent": quote(text).encode(),
        "json-escape": text.encode("ascii", "backslashreplace"),
        "hex": utf8.hex().encode(),
    }
    found |= {f"base64-{shift}": _inner(utf8, shift) for shift in range(3)}
    return {form: trace for form, trace in found.items() if len(trace) >= 6}


def _inner(data: bytes, shift: int) -> bytes:
    """The letters of base64 that do not depend on what stands before and behind."""
    padded = b"\0" * shift + data
    encoded = base64.b64encode(padded[: len(padded) // 3 * 3])
    return encoded[4 if shift else 0 :]


def found_in(data: bytes, texts: Iterable[str]) -> set[tuple[str, str]]:
    """(text, form) of everything that lies in `data`; ASCII letters count in either case of hex and percent."""
    lowered = data.lower()
    return {
        (text, form)
        for text in texts
        for form, trace in traces(text).items()
        if trace in data or (form in ("hex", "percent") and trace.lower() in lowered)
    }
