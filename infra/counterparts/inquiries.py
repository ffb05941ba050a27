"""本人確認情報の照会 at J-LIS: who asks says on what legal basis and for what, and gets no more than they ask for.

What is assumed. Fact: J-LIS provides 本人確認情報 to municipalities where the law says so, 個人番号 only under
番号法14条2項, and keeps who asked. Known practice: by 住民票コード or by the four items (氏名, 出生の年月日,
男女の別, 住所), whole. Unsure, invented here: the transport, the names of members, the closed lists of bases and
purposes, that more people than `at_most` are refused (`too-many`) and not cut off, that name and address have to be
equal.

    POST /inquiries   {"basis", "purpose", "at_most": 1 to 10, "by": {"juminhyo_code"} | {four items}}
                      Idempotency-Key: id of the inquiry      200 {"receipt", "found": [8 or 9 items each]}
    POST /known       instrument: people whom J-LIS knows, [{9 items}]
    GET  /told        its own record: `inquiries`, without what was answered; it outlives a restart
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import forms
from aiohttp import web

BASES = ("番号法14条2項", "住基法30条の10第1項", "住基法30条の12第1項")
PURPOSES = ("move-in", "ex-officio", "my-number", "consistency")
WITH_NUMBER = "番号法14条2項"
MOST = 10

ITEMS: Mapping[str, forms.Check] = {
    "name": forms.text, "name_furigana": forms.text, "former_surname": forms.text, "alias_name": forms.text,
    "birth_date": forms.date, "sex": forms.sex, "address": forms.address, "juminhyo_code": forms.digits(11, 11),
    "my_number": forms.my_number,
}  # fmt: skip
_FOUR: Mapping[str, forms.Check] = {
    "name": forms.text, "birth_date": forms.date, "sex": forms.sex, "address": forms.text,
}  # fmt: skip
_CODE: Mapping[str, forms.Check] = {"juminhyo_code": forms.digits(11, 11)}
_QUESTION: Mapping[str, forms.Check] = {
    "basis": forms.one_of(*BASES), "purpose": forms.one_of(*PURPOSES), "at_most": forms.number,
    "by": forms.some_object,
}  # fmt: skip
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def fault(question: Any) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a question."""
    outside = forms.fault_in(question, _QUESTION, frozenset(_QUESTION))
    if outside or question["at_most"] > MOST:
        return outside or ("bad-number", "at_most")
    by = _CODE if "juminhyo_code" in question["by"] else _FOUR
    return forms.fault_in(question["by"], by, frozenset(by))


async def know(standin: Any, request: web.Request) -> web.Response:
    """Some people more."""
    people = json.loads(await request.read())
    for person in people:
        if wrong := forms.fault_in(person, ITEMS, frozenset({"name", "juminhyo_code"})):
            return web.json_response({"code": wrong[0], "place": wrong[1]}, status=400)
    standin.own.note({"known": people})
    return web.json_response({"known": len(_known(standin))})


def _known(standin: Any) -> list[Mapping[str, Any]]:
    return [person for line in standin.own.noted for person in line.get("known", ())]


async def ask(standin: Any, request: web.Request) -> web.Response:
    """An inquiry comes in. Every one is answered anew, and every one is kept."""
    data = await request.read()
    if down := standin.faults.down(request):
        return down
    await standin.faults.slow("before")
    return standin.faults.nonsense("before") or _answered(standin, request, data)


def _answered(standin: Any, request: web.Request, data: bytes) -> web.Response:
    key = request.headers.get("Idempotency-Key", "")
    question = standin.parsed(request, data)
    wrong = ("bad-idempotency-key", "") if not _UUID.fullmatch(key) else fault(question)
    if wrong:
        return web.json_response({"code": wrong[0], "place": wrong[1]}, status=400)
    found = [person for person in _known(standin) if _fits(person, question["by"])]
    kept = {"id": key, "basis": question["basis"], "purpose": question["purpose"], "found": len(found)}
    standin.own.note({"inquiry": kept})
    if len(found) > question["at_most"]:
        return web.json_response({"code": "too-many"}, status=422)
    hidden = set() if question["basis"] == WITH_NUMBER else {"my_number"}
    told = [{item: value for item, value in person.items() if item not in hidden} for person in found]
    count = sum("inquiry" in line for line in standin.own.noted)
    return web.json_response({"receipt": f"INQ-{count:08d}", "found": told})


def _fits(person: Mapping[str, Any], by: Mapping[str, Any]) -> bool:
    if "juminhyo_code" in by:
        return bool(person["juminhyo_code"] == by["juminhyo_code"])
    address = (person["address"] or {}).get("text")
    return all(person[item] == by[item] for item in ("name", "birth_date", "sex")) and address == by["address"]
