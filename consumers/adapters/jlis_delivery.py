"""送付先情報 to J-LIS in its 67 items: where the 個人番号通知書 or the card of a resident is sent (duty ⑨).

What is mailed must reach one person and nobody else, so nothing is sent of whom the register does not say all of name,
birth date, sex, address with its postal code, 個人番号 and 住民票コード: a dead letter (`missing-item`). Any other item
that the contract does not permit, or that is null, is an empty text. An item that has no place here is refused. One
letter is for one person; a 通称 stands in brackets behind the name (U); the day is that of recording in Japan.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from consumers.adapters.delivery_items import Letter, texts
from consumers.adapters.http import Settings, read
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from contracts.change import JAPAN
from hub.outcome import Refused

SETTINGS = Settings(path="/deliveries")
NEEDED: Final = ("name", "birth_date", "sex", "address", "my_number", "juminhyo_code")
KNOWN: Final = frozenset({
    *NEEDED, "name_furigana", "former_surname", "alias_name", "art30_45_category", "residence_expiry", "change_reason",
})  # fmt: skip
"""What a contract may permit; change_reason has no item of its own, it only says why the letter is sent."""
_PLACES: Final = 10**17


def encode(disclosure: Disclosure, sender: Municipality) -> dict[str, Any] | Refused:
    """The letter's 67 texts."""
    items = disclosure.items
    if disclosure.state in ("left", "deleted"):
        return Refused("state-not-carried")
    if not items.keys() <= KNOWN:
        return Refused("unknown-item")
    address = items.get("address") or {}
    postal_code, where = address.get("postal_code"), written(address, sender)
    if any(items.get(name) is None for name in NEEDED) or not (postal_code and where):
        return Refused("missing-item")
    letter = _letter(disclosure, sender, postal_code, where)
    return {"from": sender.code, "version": disclosure.version, "items": texts(letter)}


def written(address: Mapping[str, Any], sender: Municipality) -> str:
    """An address as a letter has it: as the register writes it, else out of its parts; empty where those are none."""
    if address.get("text"):
        return str(address["text"])
    parts = [address.get("town"), address.get("number")]
    if not all(parts) or address.get("municipality_code") != sender.code:
        return ""
    building = f"\u3000{address['building']}" if address.get("building") else ""
    return sender.office.name + "".join(map(str, parts)) + building


def _letter(disclosure: Disclosure, sender: Municipality, postal_code: str, address: str) -> Letter:
    items = disclosure.items
    alias = f"（{items['alias_name']}）" if items.get("alias_name") else ""
    return Letter(
        number=f"{sender.code}{disclosure.id.int % _PLACES:017d}", day=_day(disclosure.version),
        name=items["name"] + alias, kana=items.get("name_furigana") or "",
        former_surname=items.get("former_surname") or "", postal_code=postal_code, address=address,
        birth_date=eight(items["birth_date"]), sex=items["sex"], my_number=items["my_number"],
        juminhyo_code=items["juminhyo_code"], category=items.get("art30_45_category") or "",
        expiry=eight(items.get("residence_expiry")), sender=sender,
    )  # fmt: skip


def _day(version: int) -> str:
    return f"{datetime.fromtimestamp(version // 1_000_000, UTC).astimezone(JAPAN):%Y%m%d}"


def eight(date: Any) -> str:
    """A date in eight digits, its unknown parts (不詳) as zeros; empty where there is none."""
    if date is None:
        return ""
    if isinstance(date, str):
        return date.replace("-", "")
    year, month, day = (date.get(part) or 0 for part in ("year", "month", "day"))
    return f"{year:04d}{month:02d}{day:02d}"


__all__ = ["SETTINGS", "encode", "read"]
