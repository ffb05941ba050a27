"""Some notice of each act about whoever is there: filled in well enough that the register often accepts it."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from producers.household import Record
from tests.unit.producers.register import ADDRESS, ELSEWHERE, NUMBERS, newcomer
from tests.unit.producers.town import Town

Stated = dict[str, Any]
Maker = Callable[[Town, Random], Stated]
ON = {"changed_on": "2026-04-01"}
FOREIGN = {
    "my_number": None, "juminhyo_code": None, "nationality": "VNM", "art30_45_category": "中長期在留者",
    "foreign_resident_since": "2026-04-01",
}  # fmt: skip


def succession(dice: Random, rest: list[str]) -> Stated:
    if not rest or dice.random() < 0.2:
        return {}
    head, *others = dice.sample(rest, len(rest))
    return {"new_head": head, "relationships": dict.fromkeys(others, "同居人")}


def going(town: Town, dice: Random, **wanted: Any) -> tuple[list[str], Stated]:
    """Who goes, and what is said for those who stay."""
    them, rest = town.people(dice, **wanted)
    stay_headed = any(town.record(number)["is_household_head"] for number in them)
    return them, succession(dice, rest) if stay_headed else {}


def _relocate(town: Town, dice: Random) -> Stated:
    them, said = going(town, dice)
    where = {"atena_nos": them, "moved_on": "2026-04-01", "address": ELSEWHERE, **said}
    if dice.random() < 0.5:
        return {**where, "head": them[0], "movers": dict.fromkeys(them[1:], "同居人")}
    there = town.record(town.people(dice)[0][0])
    return {**where, "address": there["address"], "household_no": there["household_no"],
            "movers": dict.fromkeys(them, "同居人")}  # fmt: skip


def _moving_in(town: Town, dice: Random) -> Stated:
    persons = [newcomer(dice.randrange(10**6)), newcomer(10**6, "子", my_number=None)]
    return {"address": ADDRESS, "persons": persons[: dice.randint(1, 2)]}


def _move_in_abroad(town: Town, dice: Random) -> Stated:
    persons = [newcomer(1, **FOREIGN), newcomer(2, "妻", **FOREIGN)]
    return {"moved_on": "2026-04-01", "address": ADDRESS, "persons": persons}


def _out(town: Town, dice: Random) -> Stated:
    them, said = going(town, dice)
    return {"atena_nos": them, "moves_on": dice.choice(["2026-04-01", "2026-04-30"]), "destination": ELSEWHERE, **said}


def _leaving(town: Town, dice: Random) -> Stated:
    them, said = going(town, dice, move_out_destination=...)
    return {"atena_nos": them, "moved_on": "2026-04-01", **said}


def _one(**stated: Any) -> Maker:
    """About one person; a callable is asked with the dice, `wanted` says who would fit."""
    wanted = stated.pop("wanted", {})

    def make(town: Town, dice: Random) -> Stated:
        who = town.people(dice, **wanted)[0][0]
        return {"atena_no": who, **ON, **{k: v(dice) if callable(v) else v for k, v in stated.items()}}

    return make


def _death(town: Town, dice: Random) -> Stated:
    them, rest = town.people(dice)
    headed = town.record(them[0])["is_household_head"]
    return {"atena_no": them[0], "died_on": "2026-04-01", **(succession(dice, [*rest, *them[1:]]) if headed else {})}


def _deletion(town: Town, dice: Random) -> Stated:
    them, said = going(town, dice)
    return {"atena_nos": them, **said, "deleted_on": "2026-04-01", "ground": "調査"}


def _head(town: Town, dice: Random) -> Stated:
    them, rest = town.people(dice, is_household_head=False)
    return {"new_head": them[0], **ON, "relationships": dict.fromkeys([*them[1:], *rest], "同居人")}


def _split(town: Town, dice: Random) -> Stated:
    them, said = going(town, dice)
    return {"atena_nos": them, **ON, "head": them[0], "movers": dict.fromkeys(them[1:], "同居人"), **said}


def _into(whole: bool) -> Maker:
    def make(town: Town, dice: Random) -> Stated:
        one, near = _neighbours(town, dice, is_household_head=whole)
        home = [r["atena_no"] for r in town.on.values() if r["household_no"] == one["household_no"]]
        them = home if whole else [one["atena_no"]]
        return {"atena_nos": them, "household_no": near["household_no"], **ON, "movers": dict.fromkeys(them, "同居人")}

    return make


def _neighbours(town: Town, dice: Random, **wanted: Any) -> tuple[Record, Record]:
    """Two of different households at one address, if there are such, the first as wanted."""
    homes: dict[str, list[Record]] = {}
    for record in town.on.values():
        homes.setdefault(str(record["address"]), []).append(record)
    pairs = [
        (one, near) for home in homes.values() for one in home for near in home
        if one["household_no"] != near["household_no"] and all(one[k] == v for k, v in wanted.items())
    ]  # fmt: skip
    return dice.choice(pairs or [(record, record) for record in town.on.values()])


def _relationship(town: Town, dice: Random) -> Stated:
    one = town.people(dice, is_household_head=False)[0][0]
    return {"atena_nos": [one], "relationships": {one: dice.choice(["子", "養子", "縁故者"])}, **ON}


def _renamed(kind: str) -> Maker:
    def make(town: Town, dice: Random) -> Stated:
        one = town.people(dice, is_household_head=True)[0][0]
        return {"atena_nos": [one], "corrected_on": "2026-04-01", "ground": kind,
                "items": {"name": f"例田　{dice.randrange(99)}号"}}  # fmt: skip

    return make


def _protected(**stated: Any) -> Maker:
    def make(town: Town, dice: Random) -> Stated:
        wanted = {"protected": "category" not in stated}
        return {"atena_nos": [town.people(dice, **wanted)[0][0]], **stated}

    return make


def _undo(deletion: bool) -> Maker:
    def make(town: Town, dice: Random) -> Stated:
        known = [past for history in town.past.values() for past in history]
        fitting = [past for past in known if (past.after is None) == deletion and past.cancels is None]
        change = dice.choice(fitting[-6:] or known).id if known else "01930000-0000-7000-8000-000000000001"
        return {"change": str(change), "decided_on": "2026-04-02", "ground": "誤り"}

    return make


def _number(dice: Random) -> str:
    return NUMBERS.my_number(dice.randrange(10**6))


def _code(dice: Random) -> str:
    return NUMBERS.juminhyo_code(dice.randrange(10**6))


MAKERS: Mapping[str, Maker] = {
    "move-in": lambda t, d: {"moved_on": "2026-04-01", "previous_address": ELSEWHERE, **_moving_in(t, d)},
    "move-in-abroad": _move_in_abroad,
    "relocate": _relocate,
    "move-out": _out,
    "move-out-abroad": _out,
    "move-out-confirmed": _leaving,
    "move-out-due": _leaving,
    "move-out-cancelled": lambda t, d: {"atena_nos": t.people(d, move_out_destination=...)[0][:1],
                                        "decided_on": "2026-04-02"},
    "birth": lambda t, d: {"parent": t.people(d)[0][0],
                           "child": newcomer(0, "子", my_number=None, juminhyo_code=None)},
    "death": _death,
    "head-change": _head,
    "household-split": _split,
    "household-merge": _into(whole=True),
    "household-change": _into(whole=False),
    "relationship-change": _relationship,
    "ex-officio-entry": lambda t, d: {"entered_on": "2026-04-01", "ground": "調査", **_moving_in(t, d)},
    "ex-officio-delete": _deletion,
    "ex-officio-correction": _renamed("戸籍の届出"),
    "minor-correction": _renamed("文字の同定"),
    "naturalization": _one(wanted={"nationality": ...}, name="例山　想太", honseki="見本県見本市", name_furigana=None,
                           new_atena_no=lambda d: d.random() < 0.5),
    "nationality-lost": _one(wanted={"nationality": None}, name="DOE EXAMPLE B", nationality="PHL",
                             art30_45_category="経過滞在者"),
    "residence-status": _one(wanted={"nationality": ...},
                             items=lambda d: {"residence_expiry": f"20{d.randint(30, 90)}-01-01"}),
    "nationality-correction": _one(wanted={"nationality": ...}, nationality=lambda d: d.choice(["NPL", "BRA", "KOR"])),
    "former-surname": _one(wanted={"nationality": None}, former_surname=lambda d: d.choice([None, "仮名山", "例田"])),
    "alias": _one(wanted={"nationality": ...}, alias_name=lambda d: d.choice([None, "見本　例次"])),
    "furigana": _one(name_furigana=lambda d: d.choice(["ミホン　イチ", "レイ　ニ"])),
    "honseki-correction": _one(wanted={"nationality": None}, honseki=lambda d: f"見本県見本市{d.randrange(99)}番地"),
    "my-number-entry": _one(wanted={"my_number": None}, my_number=_number),
    "my-number-request": _one(wanted={"my_number": ...}, my_number=_number),
    "my-number-correction": _one(wanted={"my_number": ...}, my_number=_number),
    "juminhyo-code-entry": _one(wanted={"juminhyo_code": None}, juminhyo_code=_code),
    "juminhyo-code-request": _one(wanted={"juminhyo_code": ...}, juminhyo_code=_code),
    "qualification": _one(items=lambda d: {"nhi_qual": d.choice([None, "資格取得"])}),
    "electoral-roll": _one(wanted={"nationality": None}, electoral_roll=lambda d: d.choice([None, "登録"])),
    "card-request": _one(wanted={"my_number": ...}),
    "reissue": _one(),
    "protection-start": _protected(category="他", starts_on="2026-04-01", ends_on="2026-04-20"),
    "protection-extend": _protected(decided_on="2026-04-01"),
    "protection-end": _protected(decided_on="2026-04-01"),
    "cancel": _undo(deletion=False),
    "restore": _undo(deletion=True),
}  # fmt: skip
