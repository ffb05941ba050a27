"""The published JSON Schema of a 届出: the union of all acts, told apart by `act`, made from the forms themselves.

Every property has a Japanese title and every act an example. What only the register can judge (who is on it, what the
law refuses) is in no schema. `jukihub todokede --schema` prints it; the checked-in file is compared by a test.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from producers.notices import NOTICES
from producers.notices.examples import EXAMPLES
from producers.notices.form import INCOMPLETE
from producers.notices.titles import ACTS, FIELDS, PARTS

ID = "urn:juki-hub:todokede"
_MUNICIPAL = "^[0-9]{1,15}$"
_PATTERNS = {
    "my_number": "^[0-9]{12}$", "juminhyo_code": "^[0-9]{11}$", "municipality_code": "^[0-9]{6}$",
    **dict.fromkeys(("atena_no", "atena_nos", "household_no", "new_head", "head", "parent"), _MUNICIPAL),
}  # fmt: skip
Schema = dict[str, Any]


def document() -> Schema:
    """The schema, draft 2020-12."""
    union: Any = Annotated[reduce(or_, NOTICES.values()), Field(discriminator="act")]
    made = _referring(TypeAdapter(union).json_schema())
    made["$defs"]["IncompleteDate"] = deepcopy(INCOMPLETE)
    for name, schema in made["$defs"].items():
        _name(name, schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID,
        "title": "住民基本台帳の届出", **made,
    }  # fmt: skip


def _referring(node: Any) -> Any:
    """The same schema with the incomplete date said once."""
    if node == INCOMPLETE:
        return {"$ref": "#/$defs/IncompleteDate"}
    if isinstance(node, dict):
        return {name: _referring(inner) for name, inner in node.items()}
    return [_referring(inner) for inner in node] if isinstance(node, list) else node


def _name(name: str, schema: Schema) -> None:
    acts = {form.__name__: act for act, form in NOTICES.items()}
    schema.pop("description", None)
    if name in acts:
        schema |= {"title": ACTS[acts[name]], "examples": [EXAMPLES[acts[name]]]}
    else:
        schema["title"] = PARTS[name]
    for field, property_schema in _properties(schema):
        property_schema["title"] = FIELDS[field]
        property_schema.pop("default", None)  # what is left out is left out: a default of the form is no value
        _restrict(property_schema, _PATTERNS.get(field))


def _properties(schema: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    """Every property of a schema, and of the schemas inside it."""
    for field, inner in schema.get("properties", {}).items():
        yield field, inner
        for branch in [inner, *inner.get("anyOf", ())]:
            yield from _properties(branch)


def _restrict(schema: Schema, pattern: str | None) -> None:
    if pattern is None:
        return
    for branch in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
        if branch.get("type") == "string":
            branch["pattern"] = pattern
