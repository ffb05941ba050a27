"""The rows: who tries what, out of threats.toml, in two languages; and what does not fit."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.catalogue.marks import MEMORY, Marked

FILE: Final = Path(__file__).with_name("threats.toml")
MARK: Final = "threat"
LANGUAGES: Final = ("en", "ja")

Text = Mapping[str, str]
"""The same by language."""


@dataclass(frozen=True, slots=True)
class Threat:
    """One thing that somebody tries. `open`: what nothing stops; empty where nothing is left."""

    id: str
    tries: Text
    stops: Text
    open: Text


@dataclass(frozen=True, slots=True)
class Attacker:
    """Somebody, and what is in their hands."""

    name: Text
    holds: Text
    tries: tuple[Threat, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Everybody, and what nobody here can stop."""

    attackers: tuple[Attacker, ...]
    outside: tuple[Text, ...]

    @property
    def threats(self) -> list[Threat]:
        return [threat for one in self.attackers for threat in one.tries]


def model(file: Path = FILE) -> Model:
    """The threats as they are written down."""
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    return Model(tuple(map(_attacker, read["attacker"])), tuple(read["outside"]))


def faults(threats: Sequence[Threat], marks: Sequence[Marked]) -> list[str]:
    """What does not fit: a test of an unknown row, a row that no test plays on real servers, a text in one language."""
    known = {threat.id for threat in threats}
    strange = [f"{one.id} belongs to {id_}, which is no row" for one in marks for id_ in one.ids if id_ not in known]
    real = [one for one in marks if one.speed != MEMORY]
    unplayed = [f"{one.id} has no test that plays it on real servers" for one in threats if not tests_of(one, real)]
    return strange + unplayed + [f"{one.id} is not said in every language" for one in threats if not _is_said(one)]


def tests_of(threat: Threat, marks: Sequence[Marked]) -> list[Marked]:
    """The tests that play it."""
    return [one for one in marks if threat.id in one.ids]


def _is_said(threat: Threat) -> bool:
    said = all(threat.tries.get(one) and threat.stops.get(one) for one in LANGUAGES)
    return said and len({bool(threat.open.get(one)) for one in LANGUAGES}) == 1


def _attacker(read: Mapping[str, Any]) -> Attacker:
    found = [Threat(one["id"], one["tries"], one["stops"], one.get("open", {})) for one in read["threat"]]
    return Attacker(read["name"], read["holds"], tuple(found))
