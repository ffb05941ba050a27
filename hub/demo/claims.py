"""The sentences at the end of the demonstration, each computed from what arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.demo.evidence import Evidence, Filed, Told, members, values

ABOUT_THE_PERSON = {"name", "name_furigana", "address", "birth_date", "my_number"}
_NAMES = ("name", "name_furigana", "alias_name")
_ADDRESSES = ("address", "previous_address")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and whether what arrived bears it out."""

    text: str
    holds: bool


def changes_of(filed: Sequence[Filed], act: str) -> list[str]:
    """Every Change that notices of this act made."""
    return [change for one in filed if one.act == act for change in one.changes]


def unheard(heads: Sequence[str], seen: Told) -> Claim:
    """住基法30条の6 does not name 7条4号."""
    told = [change for change in heads if (change, "prefecture") in seen]
    return Claim(f"世帯主変更: of {len(heads)} changes the prefecture was told {len(told)}", bool(heads) and not told)


def copies(told: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> Claim:
    """番号法19条8号: 住基法7条4号 alone, of a head the fact, of others the head's name and the relationship.

    `told`: the copies as they were sent; `records`: every record that the registry has or had of anybody.
    """
    revealing = [copy for copy in told if reveals(copy, records)]
    text = f"of {len(told)} copies that 中間サーバー was told {len(revealing)} hold the person's own name or address"
    return Claim(text, bool(told) and not revealing and not members(told) & ABOUT_THE_PERSON)


def reveals(copy: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a value of the copy is the person's own name or address, or a name is in it that is not the head's."""
    own = [one for one in records if one["togo_atena_no"] == copy["togo_atena_no"]]
    item4 = {**copy["record"]}
    return not own or not _lawful(item4, own, records) or any(
        mark in text for mark in _marks(own) for text in values([item4])
    )  # fmt: skip


def _lawful(item4: dict[str, Any], own: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> bool:
    """Takes the head's name out of `item4`: for a head there is none, for a member it is that of a head at home."""
    named = item4.pop("household_head_name")
    if item4["is_household_head"]:
        return named is None
    homes = {one["household_no"] for one in own}
    return named in {one["name"] for one in records if one["is_household_head"] and one["household_no"] in homes}


def _marks(own: Sequence[Mapping[str, Any]]) -> set[str]:
    names = {one[item] for one in own for item in _NAMES if one[item]}
    return names | {one[item]["text"] for one in own for item in _ADDRESSES if one[item] and one[item]["text"]}


def suspended(started: Sequence[str], seen: Told, evidence: Evidence) -> Claim:
    """A protected person cannot use the convenience store: told `left`, and erased there."""
    memory = evidence.memory("convenience-store")
    rows = [seen.get((change, "convenience-store")) for change in started]
    left = {str(row["disclosure"]) for row in rows if row is not None and row["state"] == "left"}
    erased = [one for one in memory["told"] if one["id"] in left and memory["records"][one["subject"]] is None]
    text = f"支援措置: {len(erased)} of {len(started)} protected people are erased at the convenience store"
    return Claim(text, bool(started) and len(erased) == len(started))


def department(opened: Sequence[Mapping[str, Any]]) -> Claim:
    """住基法30条の37, 30条の38: no 住民票コード for a department."""
    found = [one for one in opened if "juminhyo_code" in one["items"]]
    text = f"子ども政策課 opened {len(opened)} disclosures with stock libraries; {len(found)} held a 住民票コード"
    return Claim(text, bool(opened) and not found)


def letter(groups: Sequence[Any]) -> Claim:
    """One dead letter, and one disclosure of the same resident behind it."""
    found = [(group["contract"], group["count"], group["behind"]) for group in groups]
    return Claim("one dead letter of the prefecture, one later disclosure of that resident behind it, nobody else's",
                 found == [("prefecture", 1, 1)])  # fmt: skip


def balanced(totals: Mapping[str, int], arrived: Mapping[str, int]) -> Claim:
    """Every disclosure that the ledger names has arrived, and nothing else has."""
    text = f"all {sum(totals.values())} disclosures that the ledger names have arrived, and no other"
    return Claim(text, dict(totals) == dict(arrived))
