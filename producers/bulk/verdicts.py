"""What an order makes of one record: corrected, already so, refused with a code, or not concerned. Pure.

1. An address changes part by part, and its wording only where the old parts stand in it as they should: a wording that
somebody wrote otherwise is for a clerk. 2. The day on which the address was fixed stays, because nobody moved. 3. A
振り仮名 is entered where there is none (戸籍法の届出のないもの); one that stands there was reported, and stays.
4. Item 4 of 住基法7条 is the head's name and not its reading, so the members of a household are not concerned.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from producers.bulk.orders import ChangeOfParts
from producers.household import Record

_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺー・ゝゞヽヾ]+(\u3000[ぁ-ゖァ-ヺー・ゝゞヽヾ]+)*")
"""A reading as the register has it: kana, its parts apart by one wide space."""

CODES: Final = {
    "not-on-register": "住民基本台帳に記録されていない方です。",
    "furigana-there": "届け出られた別の振り仮名がすでに記載されています。",
    "bad-furigana": "振り仮名に仮名でない文字があります。",
    "bad-line": "行の形式が正しくありません。",
    "address-differs": "住所の表記が町名・番号と合っていません。確かめてください。",
}


@dataclass(frozen=True, slots=True)
class Corrected:
    """The record as it is from now on."""

    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Already:
    """The record says so already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Left alone, for a person to look at."""

    code: str


Verdict = Corrected | Already | Refused


def address(record: Record, changes: Sequence[ChangeOfParts]) -> Verdict | None:
    """What the changes of an order make of this record; None where it is not concerned. The first that fits counts."""
    now = record.get("address") or {}
    for change in changes:
        if _has(now, change.was):
            after = _changed(now, change)
            return Refused("address-differs") if after is None else Corrected({**record, "address": after})
    return Already() if any(_has(now, change.becomes) for change in changes) else None


def _has(now: Mapping[str, Any], parts: Mapping[Any, str]) -> bool:
    return all(now.get(part) == value for part, value in parts.items())


def _changed(now: Mapping[str, Any], change: ChangeOfParts) -> dict[str, Any] | None:
    after: dict[str, Any] = {**now, **{str(part): value for part, value in change.becomes.items()}}
    with_building = "building" in change.becomes
    text, old, new = now.get("text"), _worded(now, with_building), _worded(after, with_building)
    if text is None or old == new:
        return after
    if not old or text.count(old) != 1:
        return None
    return {**after, "text": text.replace(old, new)}


def _worded(address: Mapping[str, Any], with_building: bool) -> str:
    """The parts in the order in which an address is written; what stands before the town is not ours to change."""
    building = address.get("building") if with_building else None
    return "".join([address.get("town") or "", address.get("number") or "", f"\u3000{building}" if building else ""])


def furigana(record: Record | None, reading: str) -> Verdict:
    """What entering `reading` ex officio makes of this record; None: nobody has this 宛名番号 here."""
    if record is None:
        return Refused("not-on-register")
    if not _KANA.fullmatch(reading):
        return Refused("bad-furigana")
    if record.get("name_furigana") is None:
        return Corrected({**record, "name_furigana": reading})
    return Already() if record["name_furigana"] == reading else Refused("furigana-there")
