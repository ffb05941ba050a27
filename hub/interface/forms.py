"""The forms of values as JSON Schema: read off contracts/record.py, so that no form is agreed upon twice.

What a schema cannot say is checked at the door and is true all the same: check digits, days that a month does not
have, surrogates that stand alone. The words used here mean the same in JSON Schema 2020-12, in draft-07 and in
AsyncAPI: no keyword stands beside a `$ref`, and null is an alternative of its own.
"""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import StrictBool, StringConstraints

from contracts import record

Schema = dict[str, Any]
Ref = Callable[[str], Schema]
"""The reference to a definition by its name, wherever the definitions lie in a document."""

NULL: Final[Schema] = {"type": "null"}
_DAY: Final = "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_TABLES: Final[Mapping[str, Any]] = {
    "address": record.Address, "residence-status": record.ResidenceStatus, "dv-protection": record.DvProtection,
    "seal-registration": record.SealRegistration,
}  # fmt: skip


def at(folder: str) -> Ref:
    """References to definitions that lie in `folder`, such as "#/$defs"."""
    return lambda name: {"$ref": f"{folder}/{name}"}


def nullable(form: Schema) -> Schema:
    """`form`, or null: the register has none."""
    return {"anyOf": [form, NULL]}


def of_item(item: str, ref: Ref) -> Schema:
    """The form of `item` in a record, null or not; null alone where the hub derives it, and no record may state it."""
    name = _NAMES[_bare(_RECORD[item])]
    return NULL if name == "derived" else nullable(ref(name))


def definitions(ref: Ref) -> dict[str, Schema]:
    """Every form by its name."""
    return {
        "text": _text("文字列。制御文字を含まない。正規化しない。", _PRINTABLE),
        "municipal-number": _text("市町村が付番する番号（15桁まで）。", "^[0-9]{1,15}$"),
        "municipality-code": _text("全国地方公共団体コード（検査数字を含む6桁）。", "^[0-9]{6}$"),
        "my-number": _text("個人番号（検査用数字を含む12桁）。", "^[0-9]{12}$"),
        "juminhyo-code": _text("住民票コード（11桁）。", "^[0-9]{11}$"),
        "yes-or-no": {"type": "boolean"},
        "sex": {"oneOf": [{"const": "1", "title": "男"}, {"const": "2", "title": "女"}]},
        "date": {"anyOf": [ref("complete-date"), ref("incomplete-date")]},
        "complete-date": _text("年月日。", _DAY) | {"format": "date"},
        "incomplete-date": _incomplete(ref),
        "alias-history": _history(ref),
        **{name: _table(table, ref) for name, table in _TABLES.items()},
    }  # fmt: skip


def used(root: Schema, among: Mapping[str, Schema]) -> dict[str, Schema]:
    """The definitions that `root` needs, in their order."""
    needed: set[str] = set()
    waiting = _named(root)
    while waiting:
        needed |= waiting
        waiting = _named([among[name] for name in waiting]) - needed
    return {name: form for name, form in among.items() if name in needed}


def _named(form: Any) -> set[str]:
    if isinstance(form, list):
        return set().union(*map(_named, form))
    if not isinstance(form, dict):
        return set()
    if "$ref" in form:
        return {form["$ref"].rsplit("/", 1)[1]}
    return _named([*form.values()])


def _text(description: str, pattern: str) -> Schema:
    return {"description": description, "type": "string", "pattern": pattern}


def _incomplete(ref: Ref) -> Schema:
    limits = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}
    parts = {name: nullable({"type": "integer", "minimum": low, "maximum": high})
             for name, (low, high) in limits.items()}  # fmt: skip
    text = {"description": "原本の表記。", **nullable(ref("text"))}
    return _closed("不詳の部分がある年月日。不詳の部分は null。", parts | {"text": text})


def _history(ref: Ref) -> Schema:
    part = {"anyOf": [ref("text"), ref("incomplete-date"), NULL]}
    entry = {"type": "object", "propertyNames": ref("text"), "additionalProperties": part}
    return {"description": "記載及び削除の経緯。", "type": "array", "items": {"anyOf": [ref("text"), NULL, entry]}}


def _table(table: Any, ref: Ref) -> Schema:
    parts = get_type_hints(table, include_extras=True)
    forms = {name: nullable(ref(_NAMES[_bare(part)])) for name, part in parts.items()}
    return _closed(str(table.__doc__).split(" (")[0].split(".")[0], forms)


def _closed(description: str, properties: Schema) -> Schema:
    return {"description": description, "type": "object", "properties": properties, "additionalProperties": False}


def _bare(annotation: Any) -> Any:
    """The annotation without its null."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    return next(part for part in get_args(annotation) if part is not type(None))


_RECORD: Final = get_type_hints(record.Record, include_extras=True)
_PRINTABLE: Final = next(str(part.pattern) for part in get_args(record.Text) if isinstance(part, StringConstraints))
_NAMES: Final[Mapping[Any, str]] = {
    record.Text: "text", record.MunicipalNumber: "municipal-number", record.MunicipalityCode: "municipality-code",
    record.MyNumber: "my-number", record.JuminhyoCode: "juminhyo-code", record.Date: "date",
    record.Derived: "derived", StrictBool: "yes-or-no", Literal["1", "2"]: "sex",
    _bare(_RECORD["alias_history"]): "alias-history", **{table: name for name, table in _TABLES.items()},
}  # fmt: skip
