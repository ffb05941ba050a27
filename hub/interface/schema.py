"""What a token holds once it is opened, as JSON Schema 2020-12: every item that the contract permits and no other.

A schema has as its `$id` the hash of its own content, and the hash of its contract is part of that content: no two
schemas have one id, and no other wording of a contract has the same. What is told depends on the state: `left` holds
the identifier alone, every other state every permitted item. Items that were granted by day may be there or not. Only a
随時移転, which says so by the member `transfer`, has no more than its order names.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from contracts.book import Book
from contracts.canonical import fingerprint
from contracts.contract import DEPARTMENTAL, Contract
from contracts.decide import State
from contracts.kinds import CORRECTION, ENTRY, REMOVAL, SNAPSHOT
from hub.interface.forms import NULL, Ref, Schema, at, definitions, nullable, of_item, used

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
STATES: Final[Mapping[State, str]] = {
    "entered": "対象者となった", "inside": "対象者の異動", "deleted": "対象者の消除", "left": "対象者でなくなった",
}  # fmt: skip
_ACTIONS: Final[Mapping[State, tuple[str, ...]]] = {
    "entered": (ENTRY, CORRECTION), "inside": (CORRECTION,), "deleted": (REMOVAL,),
}  # fmt: skip
_UUID: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_UUID5: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?[+-][0-9]{2}:[0-9]{2}$"


def document(contract: Contract, book: Book) -> Schema:
    """The schema of one contract as a document of its own."""
    root, parts = disclosure(contract, book, at("#/$defs"))
    content = {"$schema": DIALECT, **root, "$defs": parts}
    return {"$schema": DIALECT, "$id": f"urn:juki-hub:disclosure:{fingerprint(content)}", **content}


def disclosure(contract: Contract, book: Book, ref: Ref) -> tuple[Schema, dict[str, Schema]]:
    """The schema of one contract, and the definitions it refers to by `ref`."""
    root = _root(contract, book, ref)
    every = definitions(ref) | {"items": _items(contract, book, ref), "left": _left(contract, book, ref)}
    return root, used(root, every)


def _root(contract: Contract, book: Book, ref: Ref) -> Schema:
    flag = {"protected": {"description": "支援措置の対象者であるか。", "type": "boolean"}}
    optional = (flag if _may_carry_protection(contract) else {}) | (_order() if _may_be_transferred(contract) else {})
    properties = _envelope(contract) | optional
    cited = "、".join(book.bases[key].name for key in contract.basis if key in book.bases)
    return {
        "$comment": f"contract {contract.hash}",
        "title": f"{contract.subscriber}：{contract.purpose}",
        "description": f"提供情報。根拠：{cited}",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        "oneOf": [*_states(contract, ref)],
    }


def _envelope(contract: Contract) -> Schema:
    return {
        "id": {"description": "提供情報の識別子。同じ提供は何度届いても同じ。", **_string("uuid", _UUID5)},
        "contract": {"description": "提供契約。", "const": contract.id},
        "version": {"description": "記録時刻（マイクロ秒）。住民ごとに必ず増える。", "type": "integer", "minimum": 1},
        "recorded_at": {"description": "記録時刻。", **_string("date-time", _TIME)},
        "state": {"oneOf": [{"const": state, "title": ja} for state, ja in STATES.items()]},
        "items": {"type": "object"},
    }  # fmt: skip


def _string(form: str, pattern: str) -> Schema:
    return {"type": "string", "format": form, "pattern": pattern}


def _states(contract: Contract, ref: Ref) -> Iterator[Schema]:
    for state in _ACTIONS:
        items = _stated(ref, _complete(contract) | _narrowed(contract, state))
        yield _state(state, items) | _protection(contract) | _without(*_transferred(contract))
    flag = ("protected",) if _may_carry_protection(contract) else ()
    yield _state("left", ref("left")) | _without(*flag, *_transferred(contract))
    if _may_be_transferred(contract):
        items = _stated(ref, _narrowed(contract, "entered"))
        yield _state("entered", items) | {"title": "随時移転", "required": ["transfer"]}


def _stated(ref: Ref, said: Schema) -> Schema:
    return {"allOf": [ref("items"), said]} if said else ref("items")


def _without(*members: str) -> Schema:
    forms = [{"required": [name]} for name in members]
    return {"not": forms[0] if len(forms) == 1 else {"anyOf": forms}} if forms else {}


def _complete(contract: Contract) -> Schema:
    """Every item, where a 随時移転 has some of them; of any other contract `items` says so itself."""
    return {"required": [*contract.items]} if _may_be_transferred(contract) else {}


def _order() -> Schema:
    said = "随時移転の決裁の識別子。あるときは決裁が定めた項目だけを提供し、全項目より少ないことがある。"
    return {"transfer": {"description": said, **_string("uuid", _UUID)}}


def _may_be_transferred(contract: Contract) -> bool:
    return contract.via in DEPARTMENTAL and SNAPSHOT in contract.hears


def _transferred(contract: Contract) -> tuple[str, ...]:
    return ("transfer",) if _may_be_transferred(contract) else ()


def _state(state: State, items: Schema) -> Schema:
    return {"title": STATES[state], "properties": {"state": {"const": state}, "items": items}}


def _narrowed(contract: Contract, state: State) -> Schema:
    """What the state says about items that are derived from the change."""
    removal = {"not": NULL} if state == "deleted" else NULL
    said = {"change_action": {"enum": [*_ACTIONS[state]]}, "removal_date": removal}
    fitting = {item: form for item, form in said.items() if item in _items_of(contract)}
    return {"properties": fitting} if fitting else {}


def _protection(contract: Contract) -> Schema:
    """The flag goes with 支援措置: always, where the contract has it; with the item, where it is granted by day."""
    if "dv_protection" in contract.items:
        return {"required": ["protected"]}
    if not _may_carry_protection(contract):
        return {}
    told = {"properties": {"items": {"required": ["dv_protection"]}}}
    carried: Schema = {"required": ["protected"]}
    return {"if": told, "then": carried, "else": {"not": carried}}


def _may_carry_protection(contract: Contract) -> bool:
    return "dv_protection" in _items_of(contract)


def _items_of(contract: Contract) -> tuple[str, ...]:
    return (*contract.items, *dict.fromkeys(grant.item for grant in contract.granted))


def _items(contract: Contract, book: Book, ref: Ref) -> Schema:
    properties = {item: _item(item, contract, book, ref) for item in _items_of(contract)}
    required = (contract.identifier,) if _may_be_transferred(contract) else contract.items
    return _object("提供する全項目。null は登録がないことを示す。", properties, required)


def _left(contract: Contract, book: Book, ref: Ref) -> Schema:
    item = contract.identifier
    known = {**_words(item, contract, book), **of_item(item, ref)}
    return _object("対象者でなくなった者を指す項目。ほかは何も提供しない。", {item: known}, (item,))


def _object(description: str, properties: Schema, required: Sequence[str]) -> Schema:
    return {"description": description, "type": "object", "properties": properties, "required": [*required],
            "additionalProperties": False}  # fmt: skip


def _item(item: str, contract: Contract, book: Book, ref: Ref) -> Schema:
    derived = _derived(contract, book, ref)
    return {**_words(item, contract, book), **(derived[item] if item in derived else of_item(item, ref))}


def _words(item: str, contract: Contract, book: Book) -> Schema:
    """Statutory name, where the law puts the item, and the bases of the contract that permit it."""
    known = book.items[item]
    cited = [book.bases[key] for key in contract.basis if key in book.bases]
    permitting = [basis.name for basis in cited if item in basis.permits | basis.when_granted]
    told = [f"{known.label}（{known.basis}）。", f"提供の根拠：{'、'.join(permitting)}。" if permitting else ""]
    return {"title": known.ja, "description": "".join([*told, *_granted(item, contract)])}


def _granted(item: str, contract: Contract) -> Iterator[str]:
    for grant in contract.granted:
        if grant.item == item:
            yield f"条件付き：{grant.approved.ref}、{grant.since}から{grant.until or ''}。"


def _derived(contract: Contract, book: Book, ref: Ref) -> Mapping[str, Schema]:
    """Forms of what the hub derives, as contracts/decide.py does."""
    heard = [{"const": kind, "title": book.kinds[kind].ja} for kind in sorted(contract.hears)]
    actions: list[Any] = [ENTRY, REMOVAL, CORRECTION]
    return {
        "change_action": {"enum": actions},
        "change_reason": {"oneOf": [*heard, NULL]},
        "change_date": {"allOf": [ref("date")]},
        "removal_date": nullable(ref("date")),
        "is_japanese": {"type": "boolean"},
    }
