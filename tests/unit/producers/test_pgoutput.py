"""The log's messages, byte by byte: what each kind of row comes to, and what is passed over."""

import struct
from datetime import UTC, datetime

import pytest

from producers.capture.pgoutput import Decoder, RowChange

AT = datetime(2026, 4, 2, 1, 15, 0, 123456, tzinfo=UTC)
MICROSECONDS = int((AT - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
BEGIN = b"B" + struct.pack(">qqi", 0x2A, MICROSECONDS, 7)
COMMIT = b"C" + struct.pack(">bqqq", 0, 0x2A, 0x30, MICROSECONDS)
COLUMNS = b"".join(b"\x01" + name + b"\0" + struct.pack(">ii", 25, -1) for name in (b"no", "氏名".encode()))
RELATION = b"R" + struct.pack(">I", 9) + b"legacy\0person\0f" + struct.pack(">H", 2) + COLUMNS


def row(*values: str | None) -> bytes:
    """A tuple; `...` stands for a value that did not change and is too long to be there."""
    parts = [b"n" if each is None else b"u" if each == "..." else
             b"t" + struct.pack(">i", len(each.encode())) + each.encode() for each in values]  # fmt: skip
    return struct.pack(">H", len(values)) + b"".join(parts)


def message(kind: bytes, *parts: bytes) -> bytes:
    return kind + struct.pack(">I", 9) + b"".join(parts)


@pytest.mark.parametrize(("written", "before", "after"), [
    (message(b"I", b"N", row("1", "𠮷")), None, {"no": "1", "氏名": "𠮷"}),
    (message(b"U", b"O", row("1", "a"), b"N", row("1", None)), {"no": "1", "氏名": "a"}, {"no": "1", "氏名": None}),
    (message(b"U", b"O", row("1", "x"), b"N", row("2", "...")), {"no": "1", "氏名": "x"}, {"no": "2", "氏名": "x"}),
    (message(b"D", b"O", row("1", "")), {"no": "1", "氏名": ""}, None),
])  # fmt: skip
def test_a_row_is_what_it_was_and_what_it_is(written, before, after):
    decoder = Decoder()
    found = list(decoder.rows([BEGIN, RELATION, written, COMMIT]))
    assert found == [RowChange(0x2A, 0, AT, "legacy.person", before, after)]
    assert (decoder.lsn, decoder.end) == (0x2A, 0x30)


def test_rows_are_numbered_within_their_transaction():
    insert = message(b"I", b"N", row("1", "a"))
    found = list(Decoder().rows([BEGIN, RELATION, insert, insert, COMMIT, BEGIN, insert, COMMIT]))
    assert [one.number for one in found] == [0, 1, 0]


def test_what_it_does_not_know_is_passed_over():
    assert list(Decoder().rows([BEGIN, b"O" + bytes(12), b"Y" + bytes(9), b"T" + bytes(9), COMMIT])) == []
