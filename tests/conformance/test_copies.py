"""The 中間サーバー: 自動応答不可 before everything else, results read back, 符号 without any number of a person."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consumers.adapters import ADAPTERS
from consumers.adapters.http import Answer, Line, Settings
from consumers.adapters.intermediate_server import WITHHOLD, result
from hub.outcome import Deferred, Delivered, Outcome, Refused
from tests.conformance.counterparts import Standin, Standing, standin
from tests.conformance.samples import digits, disclosure, my_number

VIA = "intermediate-server"


@pytest.fixture
async def server(standing: Standing) -> AsyncIterator[Standin]:
    async with standing.of(VIA) as made:
        yield made


def who(seed: int = 1) -> str:
    return str(disclosure(VIA, seed).items["togo_atena_no"])


async def posted(server: Standin, path: str, message: dict[str, Any]) -> dict[str, Any]:
    return await server.instructed(path, message)


class Recorder:
    """A line that notes what goes over it, and fails where it is told to."""

    def __init__(self, line: Line, failing: str = "") -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._line, self._failing = line, failing

    async def send(self, settings: Settings, key: str, message: dict[str, Any]) -> Answer | Deferred:
        self.sent.append((settings.path, message))
        return Deferred("timeout") if settings.path == self._failing else await self._line.send(settings, key, message)


@pytest.mark.parametrize("protected", [True, None])
async def test_of_a_protected_person_the_flag_is_set_before_anything_else_is_said(
    server: Standin, protected: bool | None
) -> None:
    line = Recorder(server.line)
    said = disclosure(VIA, protected=protected)
    assert isinstance(await server.adapter.hand_over(line, said), Delivered)  # type: ignore[arg-type]
    path, first = line.sent[0]
    assert (path, first) == ("/auto-answer", {
        "togo_atena_no": who(), "version": said.version, "auto_answer": False,
    })  # fmt: skip
    assert [path for path, _ in line.sent] == ["/auto-answer", "/copies", "/results", "/codes"]


async def test_where_the_flag_cannot_be_set_nothing_else_goes(server: Standin) -> None:
    line = Recorder(server.line, WITHHOLD.path)
    assert await server.adapter.hand_over(line, disclosure(VIA, protected=True)) == Deferred("timeout")  # type: ignore[arg-type]
    assert [path for path, _ in line.sent] == ["/auto-answer"]
    assert (await server.told())["told"] == []


async def test_the_server_takes_no_copy_that_it_may_not_answer_with_unless_the_flag_is_there(server: Standin) -> None:
    message = server.adapter.encode(disclosure(VIA, protected=True))
    answer = await server.line.send(server.adapter.settings, str(disclosure(VIA).id), message)  # type: ignore[arg-type]
    assert server.adapter.read(answer) == Refused("counterpart-auto-answer-first")  # type: ignore[arg-type]


async def test_a_protection_that_begins_silences_the_copy_that_is_there(server: Standin) -> None:
    async def answers() -> bool:
        return bool((await server.asked(f"/answering/{who()}"))["auto_answer"])

    await server.hand_over(disclosure(VIA))
    before = await answers()
    line = Recorder(server.line, "/copies")
    await server.adapter.hand_over(line, disclosure(VIA, nth=2, protected=True))  # type: ignore[arg-type]
    begun = await answers()
    await server.hand_over(disclosure(VIA, nth=2, protected=True))
    await server.hand_over(disclosure(VIA, nth=3))
    assert [before, begun, await answers()] == [True, False, True]


async def test_the_flag_of_an_earlier_day_that_comes_late_silences_nobody(server: Standin) -> None:
    await server.hand_over(disclosure(VIA, nth=1, protected=True))
    await server.hand_over(disclosure(VIA, nth=2))
    await server.hand_over(disclosure(VIA, nth=1, protected=True))
    assert (await server.asked(f"/answering/{who()}"))["auto_answer"] is True


async def test_a_restart_forgets_neither_flag_nor_code(tmp_path: Path) -> None:
    async with standin(VIA, tmp_path) as before:
        await before.hand_over(disclosure(VIA))
        await posted(before, "/auto-answer", {"togo_atena_no": who(), "version": 2 * 10**15, "auto_answer": False})
        await before.hand_over(disclosure(VIA, 2))
        await posted(before, "/erasures", {"togo_atena_no": who(2)})
    async with standin(VIA, tmp_path) as after:
        assert await after.asked(f"/answering/{who()}") == {"auto_answer": False, "linked": True}
        assert await posted(after, "/copies/state", {"togo_atena_no": who(2)}) == {"state": "erased"}


async def test_a_restart_forgets_no_reload_that_has_begun(tmp_path: Path) -> None:
    begin, end = {"operation": "begin", "count": 0}, {"operation": "end", "count": 2}
    async with standin(VIA, tmp_path) as before:
        for seed in (1, 2, 3):
            await before.hand_over(disclosure(VIA, seed))
        await posted(before, "/reloads", begin)
        await before.hand_over(disclosure(VIA, 1, nth=2))
    async with standin(VIA, tmp_path) as after:
        assert (await posted(after, "/reloads", end))["told"] == 1, "who was told again before counts too"
        await after.hand_over(disclosure(VIA, 2, nth=2))
        assert (await posted(after, "/reloads", end))["erased"] == 1
        assert await posted(after, "/copies/state", {"togo_atena_no": who(3)}) == {"state": "erased"}
    async with standin(VIA, tmp_path) as later:
        assert (await posted(later, "/reloads", end))["code"] == "bad-count", "and none that has ended begins again"


async def test_a_restart_forgets_no_error_of_the_result_file(tmp_path: Path) -> None:
    async with standin(VIA, tmp_path) as before:
        await before.switch("error-result", code="bad-code")
        message = before.adapter.encode(disclosure(VIA))
        answer = await before.line.send(before.adapter.settings, str(disclosure(VIA).id), message)  # type: ignore[arg-type]
        receipt = before.adapter.read(answer).receipt  # type: ignore[arg-type, union-attr]
    async with standin(VIA, tmp_path) as after:
        said = await posted(after, "/results", {"receipt": receipt})
    assert (said["result"], said["code"]) == ("error", "bad-code")


async def test_an_error_in_the_result_file_is_a_refusal_and_leaves_no_copy(server: Standin) -> None:
    await server.switch("error-result", subject=who(), code="bad-code")
    assert await server.hand_over(disclosure(VIA)) == Refused("counterpart-bad-code")
    assert (await server.told())["told"] == []
    await server.switch("clear")
    assert isinstance(await server.hand_over(disclosure(VIA)), Delivered), "the same id, when it is told again"


async def test_without_a_result_a_copy_is_not_delivered(server: Standin) -> None:
    await server.switch("late-results")
    assert await server.hand_over(disclosure(VIA)) == Deferred("pending")
    await server.switch("clear")
    assert await server.hand_over(disclosure(VIA)) == Delivered("CHUKAN-00000001")
    assert len((await server.told())["told"]) == 1


TAKEN = Delivered("R-1")
RESULTS: list[tuple[int, bytes, Outcome]] = [
    (200, b'{"receipt": "R-1", "result": "registered"}', TAKEN),
    (200, b'{"receipt": "R-2", "result": "registered"}', Deferred("nonsense")),
    (200, b'{"receipt": "R-1", "result": "pending"}', Deferred("pending")),
    (200, b'{"result": "error", "code": "bad-date"}', Refused("counterpart-bad-date")),
    (200, '{"result": "error", "code": "見本 is unknown"}'.encode(), Refused("counterpart-unlisted")),
    (200, b"[]", Deferred("nonsense")), (404, b"", Deferred("not-found")), (400, b"{}", Deferred("nonsense")),
    (500, b"", Deferred("unavailable")),
]


@pytest.mark.trap("D13")
@pytest.mark.parametrize(("status", "body", "outcome"), RESULTS)
def test_a_result_file_is_read_as_strictly_as_an_answer(status: int, body: bytes, outcome: Outcome) -> None:
    assert result(Answer(status, body), TAKEN) == outcome


async def test_a_code_is_acquired_once_and_without_any_number_of_the_person(server: Standin) -> None:
    line = Recorder(server.line)
    for nth in (1, 2):
        await server.adapter.hand_over(line, disclosure(VIA, nth=nth))  # type: ignore[arg-type]
    await server.adapter.hand_over(line, disclosure(VIA, 2))  # type: ignore[arg-type]
    asked = [message for path, message in line.sent if path == "/codes"]
    assert [set(one) for one in asked] == [{"togo_atena_no", "acquisition_no"}] * 2
    numbers = {one["acquisition_no"] for one in asked}
    assert (len(numbers), {len(one) for one in numbers}) == (2, {32})
    assert all(who(seed) not in number for seed in (1, 2) for number in numbers)


@pytest.mark.parametrize("number", [my_number(7), digits(7, 11), "0" * 15, ""])
async def test_a_number_of_a_person_acquires_no_code(server: Standin, number: str) -> None:
    await server.hand_over(disclosure(VIA))
    answer = await posted(server, "/codes", {"togo_atena_no": who(), "acquisition_no": number})
    assert answer["code"] in ("bad-acquisition-number", "bad-text")


async def test_an_acquisition_number_serves_once(server: Standin) -> None:
    await server.hand_over(disclosure(VIA))
    asked = {"togo_atena_no": who(), "acquisition_no": "ab" * 16}
    assert [(await posted(server, "/codes", asked)).get("code") for _ in range(2)] == [None, "bad-acquisition-number"]


async def test_while_there_is_no_code_the_copy_waits(server: Standin) -> None:
    await server.switch("no-code")
    assert await server.hand_over(disclosure(VIA)) == Deferred("pending")
    await server.switch("clear")
    assert isinstance(await server.hand_over(disclosure(VIA)), Delivered)
    assert (await server.asked(f"/answering/{who()}"))["linked"] is True


def test_the_contract_knows_no_number_that_a_code_could_come_of() -> None:
    message = ADAPTERS[VIA].encode(disclosure(VIA))
    assert not isinstance(message, Refused)
    assert {"my_number", "juminhyo_code"}.isdisjoint({*message, *message["record"]})
