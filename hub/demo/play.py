"""The demonstration, act by act. Every act is a command that a person could type; every claim is checked."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey
from rich.console import Console

from contracts import book as law
from contracts.contract import Contract
from hub import config, detached
from hub.demo import claims, folder, persons, tables
from hub.demo.claims import Claim
from hub.demo.evidence import Evidence, Filed
from hub.demo.stage import Stage, lines, ordered, repository, until
from hub.errors import JukiError

SUBSCRIBER = "child-policy"
PASSED_ON = (
    "HUB_KAFKA_PORT", "HUB_KAFKA_MEMORY_MB", "HUB_POSTGRES_PORT", "HUB_POSTGRES_MEMORY_MB", "HUB_PARTITIONS",
    "HUB_LOG_LEVEL",
)  # fmt: skip
"""Settings that are about the demonstration's own servers; all others would lead out of its folder."""

ACTS = {
    "protection-start": "支援措置の開始", "relocate": "転居", "head-change": "世帯主変更", "death": "世帯主の死亡",
    "birth": "出生", "move-in": "転入", "move-out": "転出",
}  # fmt: skip


class Demo:
    """One run in a data folder of its own, which is emptied first if an earlier run has made it."""

    def __init__(self, data: Path, residents: int, seed: int, out: Console) -> None:
        self.data = data.resolve()
        self.residents = str(residents)
        self.seed = str(seed)
        self.out = out
        self.filed: list[Filed] = []
        self.department = self.data / "run" / "department.lock"
        self.opened = self.data / "log" / "department.log"
        self.stage = Stage(config.inherited(*PASSED_ON) | {"HUB_DATA": str(self.data)})

    def play(self) -> list[Claim]:
        """From nothing to nothing; the claims, checked."""
        folder.make(self.data, self._stop_earlier)
        self._act("1. Kafka, PostgreSQL, the hub and its counterparts start", "jukihub up")
        try:
            self.stage.run("up")
            return self._in_the_city()
        finally:
            if not folder.removed_unused(self.data):  # else something was missing, and nothing has started
                self._act("7. everything stops", "jukihub down")
                self._stop()

    def _stop_earlier(self) -> None:
        self._act("0. what an earlier demonstration has left is stopped and removed", "jukihub down")
        self._stop()

    def _stop(self) -> None:
        detached.stop(self.department, 10)
        self.stage.run("down")

    def _in_the_city(self) -> list[Claim]:
        self.settings = config.read({**self.stage.environment, **config.remembered(self.data)})
        self.evidence = Evidence(self.settings)
        self._act("2. a made-up city", f"jukihub city --residents {self.residents} --seed {self.seed}")
        self.stage.run("city", "--residents", self.residents, "--seed", self.seed)
        self._subscribe()
        self.tokens = asyncio.run(persons.made(self.settings))
        return [self._morning(), *self._release()]

    def _subscribe(self) -> None:
        """The department: a key pair of its own, the keys granted to it, and forty lines of stock libraries."""
        key = ECKey.generate_key("P-256")
        private, public, granted = (self.data / name for name in ("private.jwk", "public.jwk", "keys.jwe"))
        private.touch(mode=0o600)
        private.write_text(json.dumps(key.as_dict(private=True)), encoding="ascii")
        public.write_text(json.dumps(key.as_dict(private=False)), encoding="ascii")
        grant = self.stage.run("keys", "grant", "--contract", SUBSCRIBER, "--to", str(public), "--days", "1")
        granted.write_text(grant, encoding="ascii")
        example = repository() / "infra" / "examples" / "child_policy.py"
        where = (self.settings.kafka, str(self.settings.secrets_dir), str(granted), str(private))
        command = [sys.executable, str(example), *where]
        detached.start(self.department, command, self.opened, self.stage.environment)

    def _morning(self) -> Claim:
        self._act("3. a morning of 届出", f"jukihub morning --seed {self.seed} | jukihub todokede -")
        first, rest = _pair_first(lines(self.stage.run("morning", "--seed", self.seed)))
        ordered(self.settings.counterpart_urls["prefecture"], {"fault": "refuse-one", "nth": 1})
        self._file([first])
        until(self._letters, bool, "a dead letter")
        self._file(rest)
        self._settled(dead=1, behind=1)
        self._show()
        self._act("4. one dead letter, and who waits behind it", "jukihub letters groups")
        self.out.print(self._typed("ito", "letters", "groups"), highlight=False, soft_wrap=True, end="")
        return claims.letter(self._letters())

    def _release(self) -> list[Claim]:
        self._replay()
        self._settled(dead=0, behind=0)
        self._act("6. what arrived, as counterparts and department say themselves", "")
        totals = dict.fromkeys(law.load().contracts, 0) | asyncio.run(self.evidence.totals())
        opened = until(self._opened, lambda found: len(found) >= totals[SUBSCRIBER], "the department")
        at_counterparts, lying = self.evidence.arrived(), asyncio.run(self.evidence.lying(self._unread()))
        arrived = at_counterparts | {SUBSCRIBER: len({one["id"] for one in opened})} | lying
        where = dict.fromkeys(at_counterparts, "its counterpart") | {SUBSCRIBER: "the department"}
        self.out.print(tables.by_subscriber(totals, arrived, where | dict.fromkeys(lying, "its topic")))
        seen = asyncio.run(self.evidence.told())
        return [
            claims.unheard(claims.changes_of(self.filed, ACTS["head-change"]), seen),
            claims.copies(self._copies(), asyncio.run(self.evidence.records())),
            claims.suspended(claims.changes_of(self.filed, ACTS["protection-start"]), seen, self.evidence),
            claims.department(opened),
            Claim("the letter and what waited behind it were delivered: no dead letter is left", not self._letters()),
            claims.balanced(totals, arrived),
        ]

    def _replay(self) -> None:
        """Decided again, approved by another person, on record, and then handed over."""
        command = ("replay", "plan", "--contract", "prefecture", "--reason", "repaired")
        self._act("5. ito plans its replay, kato approves it, ito runs it", f"jukihub {' '.join(command)}")
        made = json.loads(self._typed("ito", *command, "--json"))
        self.out.print(f"[dim]$ jukihub replay approve {made['plan']}[/dim]", highlight=False)
        self.out.print(self._typed("kato", "replay", "approve", made["plan"]), highlight=False, soft_wrap=True, end="")
        self.out.print(f"[dim]$ jukihub replay run {made['plan']}[/dim]", highlight=False)
        self._typed("ito", "replay", "run", made["plan"])

    def _typed(self, name: str, *arguments: str) -> str:
        return self.stage.run(*arguments, token=self.tokens[name])

    def _unread(self) -> list[Contract]:
        """The contracts of whose topics nobody reads in this demonstration."""
        read = {*self.settings.counterpart_urls, SUBSCRIBER}
        return [contract for name, contract in law.load().contracts.items() if name not in read]

    def _opened(self) -> Sequence[Any]:
        """The disclosures that the department has printed; a line that it is just writing counts next time."""
        return [one for one in lines(self.opened.read_text(encoding="utf-8").rpartition("\n")[0]) if "id" in one]

    def _copies(self) -> list[Any]:
        return [one["body"] for one in self.evidence.memory("intermediate-server")["told"]]

    def _file(self, notices: Sequence[Any]) -> None:
        given = "".join(json.dumps(notice, ensure_ascii=False) + "\n" for notice in notices)
        for notice, answer in zip(notices, lines(self.stage.run("todokede", "-", given=given)), strict=True):
            if answer["result"] != "accepted":
                raise JukiError(answer["code"], f"notice {answer['receipt']}")
            self.filed.append(Filed(ACTS[notice["act"]], tuple(answer["changes"])))

    def _settled(self, dead: int, behind: int) -> None:
        """Wait until every Change is in the ledger, and every disclosure but these with its counterpart."""
        count = sum(len(one.changes) for one in self.filed)
        until(lambda: asyncio.run(self.evidence.changes()), lambda found: found == count, "the ledger")
        until(self._missing, lambda found: found == dead + behind, "the counterparts")

    def _missing(self) -> int:
        totals, arrived = asyncio.run(self.evidence.totals()), self.evidence.arrived()
        return sum(totals.get(name, 0) - count for name, count in arrived.items())

    def _letters(self) -> list[Any]:
        found: list[Any] = json.loads(self._typed("ito", "letters", "groups", "--json"))
        return found

    def _show(self) -> None:
        seen, book = asyncio.run(self.evidence.told()), law.load()
        self.out.print(tables.by_act(self.filed, seen, [*book.contracts]))
        change = claims.changes_of(self.filed, ACTS["move-in"])[0]
        self.out.print(tables.by_item(change, seen, book, "one 転入, item by item, measured on the sealed bytes"))

    def _act(self, title: str, command: str) -> None:
        self.out.print(f"\n[bold]{title}[/bold]" + (f"\n[dim]$ {command}[/dim]" if command else ""), highlight=False)


def _pair_first(notices: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The first of two notices about one person is filed alone, so that its disclosure is the one to be refused."""
    people = [notice.get("atena_nos") for notice in notices]
    at = next(i for i, who in enumerate(people) if who and people.count(who) > 1)
    return notices[at], [*notices[:at], *notices[at + 1 :]]
