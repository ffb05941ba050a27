"""Reviewing a week of the audit, and signing that it was reviewed: by an auditor who is not on the list.

What is signed is the SHA-256 of the very list that was shown, with the policy that it was made by: whoever signs names
it, and where the list is no longer that, nothing is signed. The list is kept beside the signature, and the act of
signing is an entry of the audit with the digest in it, and so a leaf of its tree.

The policy is that of whoever types. A week therefore counts as signed for a process (`left`) only where it was signed
by the rules of that process, which is not theirs: by other rules it is still to be signed.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from hub.acting import Clock, acting_as
from hub.audit import BEGUN, DONE, noted
from hub.auditing.judging import APPROVES, NEVER_BEGUN, Finding, Judged
from hub.auditing.policy import Policy, policy
from hub.auditing.week import Week, unsigned
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import NotPermitted, UsageError
from hub.people import Act
from hub.tokens import Bearer

PAGE: Final = 10_000
"""Entries that are read at a time."""

ASKED_BEFORE: Final = timedelta(days=31)
"""How long before a week what is approved in it may have been asked for; requests wait a day, and plans three."""

LATER: Final = timedelta(days=1)
"""How long after a week an act that began in it may end."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Signature:
    """Who has signed a week, and when."""

    name: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Review:
    """One week as it is to be looked at. `unsigned`: every week that is over and not signed."""

    week: Week
    findings: tuple[Finding, ...]
    listed: bytes
    signature: Signature | None
    unsigned: tuple[Week, ...]

    @property
    def digest(self) -> str:
        """What is signed."""
        return sha256(self.listed).hexdigest()

    @property
    def who(self) -> frozenset[str]:
        """Every account on the list."""
        return frozenset(name for one in self.findings for name in one.who)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        signed = self.signature
        return {
            "week": str(self.week), "from": self.week.start.isoformat(), "until": self.week.end.isoformat(),
            "digest": self.digest, "findings": [one.as_json() for one in self.findings],
            "signed": {"by": signed.name, "at": signed.at.isoformat(), "digest": signed.digest} if signed else None,
            "unsigned": [str(week) for week in self.unsigned],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One caller who reviews."""

    database: Database
    bearer: Bearer
    now: Clock
    policy: Policy

    async def review(self, week: Week | None = None) -> Review:
        """A week, else the one that was over last; UsageError where it is not over."""
        meant = week or Week.at(self.now()).after(-1)
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.AUDIT_SEE, f"review {meant}", self.now, details):
            found = await self._made(meant)
            details |= {"count": len(found.findings), "hash": found.digest}
        return found

    async def sign(self, week: Week, digest: str) -> Review:
        """Sign that it was reviewed, once by these rules; NotPermitted (reviewer-is-listed) where it names who signs.

        It counts for those alone who have the same rules (`left`).
        """
        details: dict[str, str | int] = {"hash": digest}
        async with acting_as(self.bearer, self.database, Act.AUDIT_SIGN, str(week), self.now, details) as person:
            found = await self._made(week)
            details["count"] = len(found.findings)
            if found.digest != digest:
                raise UsageError("another-list", "--digest", f"Look at it again: jukihub audit review --week {week}")
            if person.name in found.who:
                raise NotPermitted("reviewer-is-listed", str(week), "An auditor who is not on the list signs it")
            if found.signature is not None:
                raise UsageError("already-signed", "--week")
            kept = (str(week), bytes.fromhex(digest), found.listed, person.id, self.now())
            if not await self.database.execute(_SQL["sign"], *kept):
                raise UsageError("already-signed", "--week")
        return found

    async def _made(self, week: Week) -> Review:
        now = self.now()
        if now < week.end:
            raise UsageError("week-not-over", "--week", "A week is reviewed when it is over")
        findings = await findings_of(self.database, week, self.policy)
        listed = document(week, self.policy, findings)
        signed = await signatures(self.database, self.policy)
        return Review(
            week, tuple(findings), listed, signed.get(str(week)), tuple(await left(self.database, self.policy, now))
        )


def document(week: Week, rules: Policy, findings: list[Finding]) -> bytes:
    """The list as it is signed, with the rules that it was made by."""
    said = {
        "week": str(week), "rules": rules.model_dump(mode="json", by_alias=True),
        "findings": [one.as_json() for one in findings],
    }  # fmt: skip
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


async def findings_of(database: Database, week: Week, rules: Policy) -> list[Finding]:
    """What there is to look at in a week."""
    judged, place = Judged(rules), (week.start, -1)
    while rows := await database.fetch(_SQL["page"], *place, week.end, PAGE):
        for row in rows:
            judged.add(noted(row))
        place = rows[-1]["noted_at"], rows[-1]["id"]
    meant = (list(judged.unended), week.end, LATER, list(NEVER_BEGUN), BEGUN)
    judged.over(row["id"] for row in await database.fetch(_SQL["ended_later"], *meant))
    before = week.start - timedelta(weeks=rules.spike.weeks)
    usual: dict[str, list[int]] = {}
    for row in await database.fetch(_SQL["usual"], before, week.start, DONE):
        usual.setdefault(row["name"], []).append(row["count"])
    asking = [act for acts in APPROVES.values() for act in acts]
    asked = await database.fetch(
        _SQL["askers"], week.start - ASKED_BEFORE, week.end, DONE, asking, list(judged.approved)
    )
    loose = await database.fetch(_SQL["in_no_tree"], week.start, week.end)
    dated: dict[str, list[int]] = {}
    for row in await database.fetch(_SQL["another_time"], week.start, week.end):
        dated.setdefault(row["name"], []).append(row["id"])
    return judged.findings(usual, {row["id"]: row["name"] for row in asked}, [row["id"] for row in loose], dated)


async def signatures(database: Database, rules: Policy) -> Mapping[str, Signature]:
    """Week -> who has signed it, by these rules; what was signed by others does not count."""
    rows, listing = await database.fetch(_SQL["signed"]), _what_lists(rules.model_dump(mode="json", by_alias=True))
    return {row["week"]: Signature(row["name"], row["signed_at"], bytes(row["digest"]).hex()) for row in rows
            if _what_lists(orjson.loads(bytes(row["listed"]))["rules"]) == listing}  # fmt: skip


def _what_lists(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rules without those that say which weeks are reviewed, and until when: they list nothing."""
    return {part: said for part, said in rules.items() if part not in {"since", "sign_days"}}


async def left(database: Database, rules: Policy, now: datetime) -> list[Week]:
    """Every week that is over, has entries or followed some, and is not signed by these rules."""
    if (noted_at := await database.fetchval(_SQL["first"])) is None:
        return []
    first = max(Week.at(noted_at), Week.of(rules.since) if rules.since else Week.at(noted_at))
    return unsigned(first, frozenset(await signatures(database, rules)), now)


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Reviewer]:
    """For whoever types the command."""
    rules = policy(settings.auditing)
    async with connect(settings.database, size=1) as database:
        yield Reviewer(database, await present(settings, database, now()), now, rules)
