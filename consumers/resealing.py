"""Sealing a letter anew: cut down to its verdict, under the key of today and the contract of now.

The token keeps the id of its disclosure, its number and its place: it is the same telling. `ctr` is the hash of the
contract under which it was decided again. What the ledger will say of it is measured on the sealed token itself, and a
token that holds anything else than the verdict is not let out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from consumers.plans import Member
from consumers.verdicts import MARK
from contracts.change import JAPAN
from contracts.contract import Contract
from hub.errors import JukiError
from hub.keys import KeyStore
from hub.released import Released, Warrant, line
from hub.seal import ContentKey, Place, Sheet, header, open_token, seal


@dataclass(frozen=True, slots=True)
class Resealed:
    """One letter, ready to go: its new token and its line of the ledger."""

    member: Member
    token: bytes
    line: bytes


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals letters of one contract for one topic."""

    keys: KeyStore
    contract: Contract
    topic: str
    warrant: Warrant

    async def again(self, members: Sequence[Member], tokens: dict[UUID, bytes], now: datetime) -> list[Resealed]:
        """Each letter anew, in the same order."""
        key = await self.keys.content_key(self.contract.id, now.astimezone(JAPAN).date())
        return [await self._again(key, one, tokens[one.letter], now) for one in members]

    async def _again(self, key: ContentKey, one: Member, token: bytes, now: datetime) -> Resealed:
        if one.subject is None or one.change is None or one.line_key is None:
            raise JukiError("not-released", str(one.letter))
        place = Place(self.contract.id, self.topic, one.partition)
        before = header(token)
        _, payload = open_token(token, await self.keys.by_kid(before["kid"]), place, one.subject)
        sheet = Sheet(before["seq"], before["jti"], cut(payload, one), one.subject)
        made = seal(key, place, self.contract.hash, int(now.timestamp()), [sheet])[0]
        state, items = _measured(made, key, place, one)
        said = Released(one.letter, one.change, one.line_key, self.contract.id, self.contract.hash, state, items, made)
        return Resealed(one, made, line(self.warrant, said, now))


def cut(payload: bytes, one: Member) -> bytes:
    """The payload with the items of the verdict and no other, in the order in which they were sealed.

    Whoever is not told any more of protections does not get the mark either: who lacks it has to assume the worst.
    """
    content = orjson.loads(payload)
    content["items"] = {item: content["items"][item] for item in one.verdict.items}
    if MARK not in content["items"]:
        content.pop("protected", None)
    elif one.verdict.protected:
        content["protected"] = True
    return orjson.dumps(content)


def _measured(token: bytes, key: ContentKey, place: Place, one: Member) -> tuple[str, list[str]]:
    content = orjson.loads(open_token(token, key, place, one.subject)[1])
    items = [*content["items"]]
    if items != [*one.verdict.items]:
        raise JukiError("not-what-was-decided", str(one.letter))
    return content["state"], items
