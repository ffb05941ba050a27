"""What persons type to be kept can be read by who approves and who audits: in every ask, and wherever it is shown."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from consumers import closing, copies, planning, revealing
from consumers.cli import given
from consumers.planning import Filter
from consumers.pull import clients
from consumers.pull.scopes import Right
from hub import acts, audit, tokens
from hub.acts import Request, new_release
from hub.audit import Entry, Noted
from hub.cli import audit as audit_command
from hub.cli import requested
from hub.config import read
from hub.errors import UsageError
from hub.people import Act, Duty, Person
from hub.transfers import Wish
from hub.wording import LABEL, LONGEST, said
from producers import halted_cli
from producers.atena import asking
from producers.atena.joining import Merge
from producers.drift.desk import Desk
from producers.transfer.choosing import Choice
from producers.transfer.desk import Desk as Transfers

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ITO = Person(UUID(int=1), "ito", frozenset({Duty.OPERATOR}))
LIE = "ok\r\x1b[2K6d0c6a9e nothing waits"

UNREADABLE = {
    "a line that is written over": LIE, "a control of eight bits": "ok\x9b2K", "two lines": "ok\nand more",
    "written backwards": "ok \u202e gnihton", "no width": "o\u200bk", "a filler": "o\u3164k",
    "a blank braille": "\u2800", "half of a pair": "o\ud800k",
}  # fmt: skip


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_seen_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="not-visible") as refused:
        said(text, "--reason")
    assert text not in str(refused.value)


@pytest.mark.parametrize(("text", "code"), [("", "empty"), (" \u3000 ", "empty"), ("x" * (LONGEST + 1), "too-long")])
def test_nothing_and_too_much_is_refused(text: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        said(text, "--reason")


@pytest.mark.parametrize("text", ["復旧後の照合", "全角　空白", "辻󠄀 と 髙", "x" * LONGEST, "[/b] is no markup"])
def test_what_people_write_is_kept_as_it_is(text: str) -> None:
    assert said(f" {text} ", "--reason") == text


KNOWN = ("is_known", "same_resident", "is_whole", "is_later", "is_told")


class Rows:
    """A database that has whatever is asked for, and must not be written to."""

    async def fetch(self, _sql: str, _contract: Any, letters: Any, *_: Any) -> list[dict[str, Any]]:
        return [{"id": each, "attempts": 1} for each in letters]

    async def fetchrow(self, *_: Any) -> dict[str, Any]:
        return dict.fromkeys(KNOWN, True) | {"causation": uuid4()}

    async def execute(self, *_: Any) -> int:
        raise AssertionError("it was kept")


async def copied(reason: str) -> None:
    await copies.Operations(read({}), Rows(), None, lambda: NOW).ask(b"1", reason)  # type: ignore[arg-type]


async def resumed(reason: str) -> None:
    halted_cli.resume(uuid4(), reason)


ROWS: Any = Rows()
LETTERS = [uuid4()]
ASKS: dict[str, Any] = {
    "a release": lambda text: acts.request(ROWS, "t", new_release(0, 0, []), ITO, text, NOW),
    "a discard": lambda text: closing.ask_discard(ROWS, "tax", LETTERS, ITO, text, NOW),
    "a correction": lambda text: closing.ask_correct(ROWS, "tax", LETTERS[0], uuid4(), ITO, text, NOW),
    "a plan": lambda text: planning.plan(read({}), ROWS, None, Filter("tax"), ITO, text, NOW),  # type: ignore[arg-type]
    "a look": lambda text: revealing.revealed(read({}), ROWS, uuid4(), ITO, text, NOW),
    "a client": lambda text: clients.ask(ROWS, "tax", "a program", [Right.DISCLOSURES], ITO, text, NOW),
    "a client's label": lambda text: clients.ask(ROWS, "tax", text, [Right.DISCLOSURES], ITO, "why", NOW),
    "a client's end": lambda text: clients.revoke(ROWS, uuid4(), ITO, text, NOW),
    "a token's label": lambda text: tokens.new(ROWS, ITO.id, text, timedelta(days=1), NOW),
    "a copy's erasure": copied,
    "going on with a halted resident": resumed,
    "a merge": lambda text: asking.ask(ROWS, Merge("1", "2"), text, ITO, NOW),
    "a transfer": lambda text: Transfers(read({}), ROWS, None, lambda: NOW).ask(  # type: ignore[arg-type]
        Wish("tax", (), (), text, NOW.date(), ""), Choice(everybody=True)
    ),
    "telling again": lambda text: Desk(read({}), ROWS, ROWS, None, lambda: NOW).heal("tax", b"", None, text),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", ASKS)
async def test_every_ask_holds_the_rule(what: str) -> None:
    for text, code in ((LIE, "not-visible"), ("x" * (LONGEST + 1), "too-long")):
        with pytest.raises(UsageError, match=code):
            await ASKS[what](text)
    if "label" in what:
        with pytest.raises(UsageError, match="too-long"):
            await ASKS[what]("x" * (LABEL + 1))


def test_every_kind_of_act_says_by_which_act_of_a_person_it_is_asked_for() -> None:
    kinds = {value for name, value in vars(acts).items() if name.isupper() and isinstance(value, str)}
    assert kinds == acts.ASKED.keys()


class Written:
    """What is noted."""

    def __init__(self) -> None:
        self.words: tuple[Any, ...] = ()

    async def execute(self, _sql: str, *words: Any) -> int:
        self.words = words
        return 1


async def test_an_attempt_is_noted_as_it_can_be_read() -> None:
    written: Any = Written()
    await audit.note(written, Entry(ITO.id, Act.REPLAY_PLAN, LIE, "not-visible", NOW, {"reason": LIE, "count": 1}))
    assert "\x1b" not in repr(written.words)
    assert not any(each in str(written.words) for each in ("\\u001b", "\\r", "\r"))


def test_who_approves_and_who_audits_sees_what_was_kept_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def requests(_kind: str) -> list[Request]:
        return [Request(new_release(0, 1, []), ITO.id, "ito", NOW, NOW, LIE)]

    async def entries(*_: Any) -> list[Noted]:
        return [Noted(1, Entry(ITO.id, Act.REPLAY_PLAN, LIE, "done", NOW, {"reason": LIE}), "ito")]

    monkeypatch.setattr(requested, "_requests", requests)
    monkeypatch.setattr(audit_command, "_entries", entries)
    requested.show(acts.RELEASE, False)
    audit_command.list_entries(7, None, None, 10, False)
    seen = capsys.readouterr().out
    assert ("\x1b" not in seen, "\r" not in seen, seen.count("nothing waits")) == (True, True, 3)


def test_a_table_shows_words_and_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    given.table(("request", "reason"), [(1, "[/b] [red]ok[/red]"), (2, LIE)])
    seen = capsys.readouterr().out
    assert "[/b] [red]ok[/red]" in seen
    assert "\x1b[2K" not in seen
