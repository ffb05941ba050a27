"""Made-up addresses: a city, 見本市, in a prefecture that does not exist, and the places people come from and go to."""

from random import Random
from typing import Any

from producers.synthetic.numbers import municipality

CITY = "見本県見本市"
CITY_CODE = municipality("99201")
OTHERS: tuple[tuple[str, str], ...] = (
    ("見本県例示町", municipality("99301")),
    ("架空県仮名市", municipality("99202")),
    ("想定県雛形村", municipality("99401")),
)
_TOWNS = ("見本町", "例示台", "架空ケ丘", "仮名本町", "髙見本", "想定通り", "雛形新田", "𠮷例")
_CHOME = ("一丁目", "二丁目", "三丁目", "四丁目")
_BUILDINGS = ("コーポ髙例", "見本ハイツ", "メゾン・ド・カクウ", "例示団地第２棟", "ｻﾝﾌﾟﾙ荘")


def in_city(dice: Random) -> dict[str, Any]:
    """An address in the city, with or without a building."""
    town, part = dice.randrange(len(_TOWNS)), dice.randrange(len(_CHOME))
    name, number = _TOWNS[town] + _CHOME[part], f"{dice.randint(1, 40)}番{dice.randint(1, 30)}号"
    building = _building(dice)
    return {
        "municipality_code": CITY_CODE, "town": name, "machiaza_id": f"{town + 1:04d}{part + 1:03d}", "number": number,
        "building": building, "postal_code": f"99{town:02d}{part + 1:03d}",
        "text": f"{CITY}{name}{number}" + (f"\u3000{building}" if building else ""),
    }  # fmt: skip


def _building(dice: Random) -> str | None:
    if dice.random() < 0.6:
        return None
    return f"{dice.choice(_BUILDINGS)}{dice.randint(1, 9)}0{dice.randint(1, 9)}号室"


def elsewhere(dice: Random) -> dict[str, Any]:
    """An address in another municipality."""
    place, code = dice.choice(OTHERS)
    number = f"{dice.randint(1, 3000)}番地"
    return {
        "municipality_code": code, "town": "大字例", "machiaza_id": None, "number": number, "building": None,
        "postal_code": None, "text": f"{place}大字例{number}",
    }  # fmt: skip
