"""The 中間サーバー: registration of the city's copy (副本) of 住民票関係情報 (stand-in).

What is assumed. Fact (番号法19条8号, 住基法7条4号): the copy is keyed by 団体内統合宛名番号, holds the items of 7条4号
and neither name nor address of the person; of a head it therefore has the fact (その旨) and no household_head_name;
copies are erased by an operation of the city; a 符号 is acquired under an acquisition number that is neither 個人番号
nor 住民票コード and is not kept (番号法21条の2). Known practice: the flag 自動応答不可 keeps the copy of a protected
person from being answered automatically; copies are processed after they were taken, and result files say how. Unsure,
invented here: the layout number, the names of the members, that a 消除 marks the copy as removed and leaves its erasure
to the city, that who connects draws the acquisition number, that a full re-registration has a beginning and an end.

    POST /auto-answer   {"togo_atena_no", "version", "auto_answer": false}: 自動応答不可, before and beside any copy
    POST /copies        {"togo_atena_no", "version", "auto_answer": false for 自動応答不可, "record": {6 items}}
    POST /results       {"receipt"}: the line of the result file: {"result": "registered" | "error" | "pending", …}
    POST /codes         {"togo_atena_no", "acquisition_no"}: 符号 for whoever has a copy
    POST /erasures      {"togo_atena_no"}: the city's operation; POST /copies/state reads back
    POST /reloads       {"operation": "begin" | "end", "count"}: 全件再登録; what was not told again in between is
                        erased, where as many were told as the city says at the end, and nothing otherwise
    GET  /digests       整合性確認 (digests.py)
    GET  /answering/{togo_atena_no}     instrument: whether a question about this person is answered automatically

A copy that is not to be answered with is refused (409 `auto-answer-first`) where 自動応答不可 was not set before.
Faults of its own: {"fault": "late-results"}, {"fault": "error-result", "subject", "code"} (taken, and refused in the
result file), {"fault": "no-code"} (J-LIS does not answer yet), {"fault": "keeps-erased"}.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import digests
import forms
from aiohttp import web
from memory import Told

PATH = "/copies"
PREFIX = "CHUKAN"
FAULTS: dict[str, dict[str, Any]] = {
    "late-results": {"subject": str}, "error-result": {"subject": str, "code": str}, "no-code": {}, "keeps-erased": {},
}  # fmt: skip

RECORD: Mapping[str, forms.Check] = {
    "is_household_head": forms.truth, "household_head_name": forms.text, "relationship_to_head": forms.text,
    "change_action": forms.action, "change_date": forms.date, "dv_protection": forms.dv_protection,
}  # fmt: skip
_ENVELOPE: Mapping[str, forms.Check] = {
    "togo_atena_no": forms.digits(1, 15), "version": forms.number, "auto_answer": forms.truth,
    "record": lambda value: None if isinstance(value, dict) else "not-an-object",
}  # fmt: skip


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a copy."""
    outside = forms.fault_in(body, _ENVELOPE, frozenset(_ENVELOPE))
    form = outside or forms.fault_in(body["record"], RECORD, frozenset({"change_action", "change_date"}))
    return form or _own_name(body["record"])


def _own_name(record: Mapping[str, Any]) -> tuple[str, str] | None:
    named = record["is_household_head"] and record["household_head_name"] is not None
    return ("not-null", "household_head_name") if named else None


def subject(body: Mapping[str, Any]) -> str:
    return str(body["togo_atena_no"])


def version(body: Mapping[str, Any]) -> int:
    return int(body["version"])


def keep(records: dict[str, Any], told: Told) -> str:
    """Keep the latest copy with its flag."""
    removed = told.body["record"]["change_action"] == "消除"
    records[told.subject] = {"removed": removed, "auto_answer": told.body["auto_answer"], **told.body["record"]}
    return "removed" if removed else "kept"


ALTERED = "relationship_to_head"
_OF_THE_COPY = frozenset({"change_action", "change_date", "removed", "auto_answer"})


def held(subject: str, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is digested: the items of the person, and 自動応答不可; nothing of a copy that is marked as removed."""
    if record is None or record["removed"]:
        return None
    items = {item: value for item, value in record.items() if item not in _OF_THE_COPY}
    return {"togo_atena_no": subject, "protected": not record["auto_answer"], **items}


class City:
    """What the server knows of the city's people beside their copies."""

    def __init__(self) -> None:
        self.withheld: dict[str, int] = {}
        self.linked: set[str] = set()
        self.numbers: set[str] = set()
        self.errors: dict[str, str] = {}
        self.reload: int | None = None
        """How many copies had come before the 全件再登録 that has begun."""

    def learn(self, records: dict[str, Any], versions: Mapping[str, int], line: Mapping[str, Any]) -> None:
        """One line of what was noted. Of an erasure the later copies stay."""
        what, who = line["what"], line.get("who", "")
        if what == "withheld":
            self.withheld[who] = max(line["version"], self.withheld.get(who, 0))
        elif what == "linked":
            self.linked.add(who)
            self.numbers.add(line["number"])
        elif what == "error":
            self.errors[line["receipt"]] = line["code"]
        elif what == "reload":
            self.reload = line["from"]
        elif versions.get(who, 0) <= line["version"]:
            records[who] = None

    def told_again(self, told: Sequence[Told]) -> set[str] | None:
        """Who was told again since the 全件再登録 began; None where none has begun."""
        return None if self.reload is None else {one.subject for one in told[self.reload :]}


def resume(standin: Any) -> None:
    """What was noted before a restart."""
    standin.city = City()
    for line in standin.own.noted:
        standin.city.learn(standin.memory.records, standin.memory.versions, line)


def _note(standin: Any, line: dict[str, Any]) -> None:
    standin.own.note(line)
    standin.city.learn(standin.memory.records, standin.memory.versions, line)


def judge(standin: Any, body: Mapping[str, Any]) -> web.Response | None:
    """自動応答不可 first; what the result file will call an error is taken, and leaves no copy."""
    who, city = subject(body), standin.city
    if not body["auto_answer"] and city.withheld.get(who, 0) < body["version"]:
        return web.json_response({"code": "auto-answer-first"}, status=409)
    if standin.faults.about("error-result", who):
        receipt = f"{PREFIX}-E{len(city.errors) + 1:07d}"
        _note(standin, {"what": "error", "receipt": receipt, "code": standin.faults.code("error-result")})
        return web.json_response({"receipt": receipt, "repeat": False, "state": "processing"})
    return None


async def withhold(standin: Any, request: web.Request) -> web.Response:
    """自動応答不可; it says nothing else, and never that somebody may be answered."""
    form = {"togo_atena_no": forms.digits(1, 15), "version": forms.number, "auto_answer": _false}
    body = await standin.asked(request, form)
    if isinstance(body, web.Response):
        return body
    _note(standin, {"what": "withheld", "who": body["togo_atena_no"], "version": body["version"]})
    return web.json_response({"receipt": f"{PREFIX}-F{len(standin.own.noted):07d}", "state": "withheld"})


def _false(value: Any) -> str | None:
    return None if value is False else "bad-truth"


async def results(standin: Any, request: web.Request) -> web.Response:
    """What became of the copy with this receipt."""
    body = await standin.asked(request, {"receipt": forms.text})
    if isinstance(body, web.Response):
        return body
    receipt, city = body["receipt"], standin.city
    if receipt in city.errors:
        return web.json_response({"receipt": receipt, "result": "error", "code": city.errors[receipt]})
    told = standin.memory.under(receipt)
    if told is None:
        return web.json_response({"code": "not-found"}, status=404)
    if standin.faults.about("late-results", told.subject):
        return web.json_response({"receipt": receipt, "result": "pending"})
    linked = told.subject in city.linked
    return web.json_response({"receipt": receipt, "result": "registered", "linked": linked})


async def codes(standin: Any, request: web.Request) -> web.Response:
    """符号 for somebody with a copy; of the acquisition number nothing stays but that it was used."""
    body = await standin.asked(request, {"togo_atena_no": forms.digits(1, 15), "acquisition_no": forms.text})
    if isinstance(body, web.Response):
        return body
    who, number = body["togo_atena_no"], hashlib.sha256(body["acquisition_no"].encode()).hexdigest()
    if not re.fullmatch("[0-9a-f]{32}", body["acquisition_no"]) or number in standin.city.numbers:
        return web.json_response({"code": "bad-acquisition-number", "place": "acquisition_no"}, status=400)
    if standin.memory.records.get(who) is None:
        return web.json_response({"code": "not-found"}, status=404)
    if "no-code" not in standin.faults.on:
        _note(standin, {"what": "linked", "who": who, "number": number})
    receipt = f"{PREFIX}-C{len(standin.own.noted):07d}"
    return web.json_response({"receipt": receipt, "state": "linked" if who in standin.city.linked else "requested"})


async def erase(standin: Any, request: web.Request) -> web.Response:
    """The city's operation: the copy of one person goes."""
    body = await standin.asked(request, {"togo_atena_no": forms.digits(1, 15)})
    if isinstance(body, web.Response):
        return body
    _erase(standin, body["togo_atena_no"])
    return web.json_response({"receipt": f"{PREFIX}-X{len(standin.own.noted):07d}", "state": "erased"})


def _erase(standin: Any, who: str) -> None:
    if standin.memory.records.get(who) is not None and "keeps-erased" not in standin.faults.on:
        _note(standin, {"what": "erased", "who": who, "version": standin.memory.versions[who]})


async def state(standin: Any, request: web.Request) -> web.Response:
    """Whether a copy is held; never what it says."""
    body = await standin.asked(request, {"togo_atena_no": forms.digits(1, 15)})
    if isinstance(body, web.Response):
        return body
    records, who = standin.memory.records, body["togo_atena_no"]
    if records.get(who) is None:
        return web.json_response({"state": "erased" if who in records else "unknown"})
    return web.json_response({"state": "kept", "version": standin.memory.versions[who]})


async def reloads(standin: Any, request: web.Request) -> web.Response:
    """全件再登録: from its beginning on it is known who was told again; its end erases everybody else."""
    body = await standin.asked(request, {"operation": forms.one_of("begin", "end"), "count": forms.count})
    if isinstance(body, web.Response):
        return body
    receipt, again = f"{PREFIX}-R{len(standin.own.noted):07d}", standin.city.told_again(standin.memory.told)
    if body["operation"] == "begin":
        _note(standin, {"what": "reload", "from": len(standin.memory.told)})
        return web.json_response({"receipt": receipt, "state": "begun"})
    if again is None or len(again) != body["count"]:
        told = None if again is None else len(again)
        return web.json_response({"code": "bad-count", "place": "count", "told": told}, status=409)
    rest = [who for who, copy in standin.memory.records.items() if copy is not None and who not in again]
    for who in rest:
        _erase(standin, who)
    _note(standin, {"what": "reload", "from": None})
    return web.json_response({"receipt": receipt, "state": "ended", "erased": len(rest)})


async def answering(standin: Any, request: web.Request) -> web.Response:
    """What happens when somebody asks the network about this person now."""
    who = request.match_info["subject"]
    copy, version = standin.memory.records.get(who), standin.memory.versions.get(who, 0)
    answers = copy is not None and copy["auto_answer"] and standin.city.withheld.get(who, 0) <= version
    return web.json_response({"auto_answer": bool(answers), "linked": who in standin.city.linked})


EXTRA = (
    ("POST", "/auto-answer", withhold), ("POST", "/results", results), ("POST", "/codes", codes),
    ("POST", "/erasures", erase), ("POST", "/copies/state", state), ("POST", "/reloads", reloads),
    ("GET", "/answering/{subject}", answering), *digests.EXTRA,
)  # fmt: skip
