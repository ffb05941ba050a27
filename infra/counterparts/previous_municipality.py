"""The CS of other municipalities: 転入通知 (住基法9条1項) is received here, and sent from here (stand-in).

What is assumed. Fact: who enters somebody upon 転入 notifies the municipality of the former address of it, without
delay, through the CS. Unsure: the law says only "その旨", so the items are those of the contract; transport, names of
members and codes are invented. The CS knows its municipalities, and a notice goes to that of 従前の住所 alone.

    POST /notices        {"from", "to": municipality codes, "notice_no", "record": {10 items}}
    POST /move-in        instrument: somebody has moved from us to one of them; the record of their 転入通知
    GET  /outgoing?to=   what they have sent and nobody has confirmed, one notice per line, each with its "id":
                         `jukihub received` takes it
    POST /outgoing/taken {"to", "notice_no"}: that municipality has everything up to this number, and is sent it no more

What was sent, and what was taken of it, outlives a restart.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import forms
import municipalities
from aiohttp import web
from memory import Told
from municipalities import NAMES

PATH = "/notices"
PREFIX = "TENNYU"
subject, version = municipalities.subject, municipalities.version

RECORD: Mapping[str, forms.Check] = {
    "name": forms.text, "name_furigana": forms.text, "birth_date": forms.date, "sex": forms.sex,
    "address": forms.address, "previous_address": forms.address, "juminhyo_code": forms.digits(11, 11),
    "change_date": forms.date, "notified_date": forms.date, "change_reason": forms.one_of("MOVE_IN_DOMESTIC"),
}  # fmt: skip
_REQUIRED = frozenset({
    "name", "birth_date", "sex", "address", "previous_address", "juminhyo_code", "change_date", "change_reason",
})  # fmt: skip


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a notice."""
    return municipalities.fault(body, RECORD, _REQUIRED, _misdirected)


def _misdirected(body: Mapping[str, Any]) -> tuple[str, str] | None:
    record = body["record"]
    if body["from"] not in NAMES or record["address"].get("municipality_code") not in (None, body["from"]):
        return "wrong-sender", "from"
    if body["to"] not in NAMES:
        return "unknown-recipient", "to"
    elsewhere = body["to"] != body["from"] and body["to"] == record["previous_address"].get("municipality_code")
    return None if elsewhere else ("wrong-recipient", "to")


def keep(records: dict[str, Any], told: Told) -> str:
    """The move is confirmed where it began."""
    records[told.subject] = {"to": told.body["to"], **told.body["record"]}
    return "confirmed"


async def move_in(standin: Any, request: web.Request) -> web.Response:
    """Somebody has entered one of them: their 転入通知 is put into /outgoing, in the form that is asked of us."""
    record = json.loads(await request.read())
    notice = {
        "from": (record.get("address") or {}).get("municipality_code"),
        "to": (record.get("previous_address") or {}).get("municipality_code"),
        "notice_no": len(_sent(standin)) + 1, "record": record,
    }  # fmt: skip
    if wrong := fault(notice):
        return web.json_response({"code": wrong[0], "place": wrong[1]}, status=400)
    said = json.dumps(notice, sort_keys=True, ensure_ascii=False)
    sent = {"id": str(uuid5(NAMESPACE_URL, said)), **notice}
    standin.own.note({"sent": sent})
    return web.json_response({"id": sent["id"]})


def _sent(standin: Any) -> list[dict[str, Any]]:
    return [line["sent"] for line in standin.own.noted if "sent" in line]


async def outgoing(standin: Any, request: web.Request) -> web.Response:
    """What was sent to one municipality (`to`), or to anybody, and not yet taken."""
    if down := standin.faults.down(request):
        return down
    to, has = request.query.get("to"), dict[str, int]()
    for line in standin.own.noted:
        if "taken" in line:
            has[line["taken"]["to"]] = max(line["taken"]["notice_no"], has.get(line["taken"]["to"], 0))
    waiting = [one for one in _sent(standin) if to in (None, one["to"]) and one["notice_no"] > has.get(one["to"], 0)]
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in waiting]
    return web.Response(text="".join(lines), content_type="application/x-ndjson")


async def taken(standin: Any, request: web.Request) -> web.Response:
    """A municipality says up to which number it has what it was sent."""
    body = await standin.asked(request, {"to": forms.municipality_code, "notice_no": forms.number})
    if isinstance(body, web.Response):
        return body
    standin.own.note({"taken": body})
    return web.json_response({"receipt": f"{PREFIX}-T{len(standin.own.noted):07d}"})


EXTRA = (("POST", "/move-in", move_in), ("GET", "/outgoing", outgoing), ("POST", "/outgoing/taken", taken))
