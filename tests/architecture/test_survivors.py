"""The list of mutants that may survive is sound: each entry is whole, is there once, and says why."""

import importlib
import tomllib
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.run import LISTED, MUTATED, within

ENTRIES: list[dict[str, Any]] = tomllib.loads(LISTED.read_text(encoding="utf-8")).get("survivor", [])


def known(module: str) -> set[Mutant]:
    source = Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")
    return {mutant for mutant, _ in mutants(module, source)}


def entry(table: dict[str, Any]) -> Mutant:
    return Mutant(*(table[name] for name in Mutant._fields))


def test_every_entry_is_whole_and_gives_a_reason() -> None:
    assert [each for each in ENTRIES if set(each) != {*Mutant._fields, "why"}] == []
    assert [each for each in ENTRIES if len(each["why"].split()) < 5] == []


def test_no_mutant_is_listed_twice() -> None:
    assert len({entry(each) for each in ENTRIES}) == len(ENTRIES)


def test_every_entry_is_a_mutant_of_the_code_as_it_is() -> None:
    modules = {place.split(":")[0] for place in MUTATED}
    there = {mutant for module in modules for mutant in known(module) if within(mutant, MUTATED)}
    assert [each for each in map(entry, ENTRIES) if each not in there] == []
