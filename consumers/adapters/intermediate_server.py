"""Registration of the copy (副本) of 住民票関係情報 at the 中間サーバー (番号法19条8号, 住基法7条4号).

Keyed by 団体内統合宛名番号. Of a protected person, or of one of whom it is not said, 自動応答不可 is set first, by a
message that says nothing else, and only once that was confirmed does the copy go: in no moment does the server hold a
copy of theirs that it would answer with. Erasing a copy is an operation of the city, not a consequence of 消除.

The server takes a copy with a receipt and says later, in its result files, what became of it. A copy is delivered when
its result was read back and is good; an error there is a refusal, and so a dead letter; while there is no result the
copy waits, and whoever comes behind it of the same resident. A person without 符号 (情報提供用個人識別符号) has one
acquired then, under an acquisition number that is drawn for this one request and kept nowhere: it comes of neither
個人番号 nor 住民票コード, and neither is known here (番号法21条の2). Which of the two systems draws it is unsure (U).
"""

from secrets import token_hex
from typing import Any, Final

from consumers.adapters import http
from consumers.adapters.http import Answer, Line, Settings, read
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Deferred, Delivered, Outcome, Refused

SETTINGS = Settings(path="/copies")
WITHHOLD = Settings(path="/auto-answer")
RESULTS = Settings(path="/results")
CODES = Settings(path="/codes")
ACQUISITION_BYTES: Final = 16


def encode(disclosure: Disclosure, _sender: Municipality) -> dict[str, Any] | Refused:
    """The copy: the identifier outside, the items of 7条4号 inside."""
    if disclosure.state == "left":
        return Refused("state-not-carried")
    record = dict(disclosure.items)
    return {
        "togo_atena_no": record.pop("togo_atena_no", None), "version": disclosure.version,
        "auto_answer": disclosure.protected is False, "record": record,
    }  # fmt: skip


async def before(line: Line, disclosure: Disclosure, message: dict[str, Any]) -> Deferred | Refused | None:
    """自動応答不可, where the copy is not to be answered with; nothing else goes unless it was confirmed."""
    if message["auto_answer"]:
        return None
    flag = {"togo_atena_no": message["togo_atena_no"], "version": message["version"], "auto_answer": False}
    answer = await line.send(WITHHOLD, str(disclosure.id), flag)
    outcome = answer if isinstance(answer, Deferred) else read(answer)
    return None if isinstance(outcome, Delivered) else outcome


async def after(line: Line, disclosure: Disclosure, message: dict[str, Any], taken: Delivered) -> Outcome:
    """The result is read back; who has no 符号 yet is given one."""
    answer = await line.send(RESULTS, str(disclosure.id), {"receipt": taken.receipt})
    if isinstance(answer, Deferred):
        return answer
    outcome = result(answer, taken)
    if isinstance(outcome, Delivered) and http.said(answer.body).get("linked") is False:
        return await _linked(line, disclosure, message, outcome)
    return outcome


def result(answer: Answer, taken: Delivered) -> Outcome:
    """What the line of a result file says of the copy that was taken."""
    said = http.said(answer.body)
    if answer.status != 200:
        outcome = read(answer)
        return outcome if isinstance(outcome, Deferred) else Deferred("nonsense")
    if said.get("result") == "error":
        return http.refused(answer.body)
    if said.get("result") == "registered" and said.get("receipt") == taken.receipt:
        return taken
    return Deferred("pending" if said.get("result") == "pending" else "nonsense")


async def _linked(line: Line, disclosure: Disclosure, message: dict[str, Any], registered: Delivered) -> Outcome:
    wanted = {"togo_atena_no": message["togo_atena_no"], "acquisition_no": token_hex(ACQUISITION_BYTES)}
    answer = await line.send(CODES, str(disclosure.id), wanted)
    outcome = answer if isinstance(answer, Deferred) else read(answer)
    if not isinstance(outcome, Delivered) or isinstance(answer, Deferred):
        return outcome
    return registered if http.said(answer.body).get("state") == "linked" else Deferred("pending")


__all__ = ["SETTINGS", "after", "before", "encode", "read", "result"]
