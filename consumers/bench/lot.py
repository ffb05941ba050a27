"""Disclosures to measure with: sealed as the router seals them, for the prefecture, of residents who are made up."""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from contracts.change import JAPAN
from contracts.contract import Contract
from contracts.identifiers import my_number_check
from hub import bus, topics
from hub.bus import Outgoing
from hub.clock import now
from hub.config import Settings
from hub.envelope import DISCLOSURE
from hub.keys import KeyStore
from hub.seal import ContentKey, Place, Sheet, seal

CONTRACT: Final = "prefecture"
AT_ONCE: Final = 2000
_WRITER: Final = "admin"
_ADDRESS: Final = {
    "municipality_code": "992011", "town": "計測町", "machiaza_id": None, "number": "1番", "building": None,
    "postal_code": "9900001", "text": "計測県計測市計測町1番",
}  # fmt: skip
_ITEMS: Final = {
    "name": "計測 太郎", "name_furigana": "ケイソク タロウ", "former_surname": None, "alias_name": None,
    "birth_date": "1990-04-01", "sex": "1", "address": _ADDRESS, "change_action": "修正", "change_reason": "RELOCATE",
    "change_date": "2026-04-01",
}  # fmt: skip


@dataclass(slots=True)
class Lots:
    """Lots of disclosures for one contract, one after the other on its topic. `told`: how many so far."""

    settings: Settings
    contract: Contract
    told: int = 0
    _sequences: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    async def put(self, keys: KeyStore, count: int, each: int) -> None:
        """Tell of `count` more, `each` of them about the same resident, one after the other."""
        key = await keys.content_key(self.contract.id, now().astimezone(JAPAN).date())
        async with bus.writer(self.settings, _WRITER) as writer:
            for start in range(0, count, AT_ONCE):
                numbers = range(self.told + start, self.told + min(start + AT_ONCE, count))
                await writer.send(self._sealed(key, numbers, each))
        self.told += count

    def _sealed(self, key: ContentKey, numbers: range, each: int) -> dict[tuple[str, int], list[Outgoing]]:
        topic, at = topics.disclosures(self.settings.prefix, self.contract.id), int(time.time() * 1000)
        sheets: defaultdict[int, list[Sheet]] = defaultdict(list)
        for number, resident in zip(numbers, _residents(numbers, each), strict=True):
            part = resident.int % self.settings.partitions
            self._sequences[part] += 1
            jti = str(uuid4())
            content = orjson.dumps(_said(self.contract.id, jti, number))
            sheets[part].append(Sheet(self._sequences[part], jti, content, resident.bytes))
        return {
            (topic, part): [
                Outgoing(sheet.key, token, DISCLOSURE, at)
                for sheet, token in zip(several, self._tokens(key, part, topic, several), strict=True)
            ]
            for part, several in sheets.items()
        }

    def _tokens(self, key: ContentKey, part: int, topic: str, sheets: list[Sheet]) -> list[bytes]:
        return seal(key, Place(self.contract.id, topic, part), self.contract.hash, int(time.time()), sheets)


def _residents(numbers: range, each: int) -> Iterator[UUID]:
    """Who each of them is about: `each` in a row the same."""
    return (UUID(int=(number // each + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128) for number in numbers)


def _said(contract: str, jti: str, number: int) -> dict[str, Any]:
    eleven = f"{number + 1:011d}"
    return {
        "id": jti, "contract": contract, "version": 1_775_092_500_000_000 + number, "state": "inside",
        "recorded_at": "2026-04-02T10:15:00.123456+09:00", "protected": False,
        "items": {**_ITEMS, "my_number": eleven + my_number_check(eleven), "juminhyo_code": eleven},
    }  # fmt: skip
