"""Pieces and manifests of files: opened by nobody else, in their own place alone, and missed where one is gone."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey

from consumers.files import writing
from tests.integration.consumers.filed import DAY, Filed, manifests, told
from tests.store import subscriber


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of some lines, so that a file of a hundred has many."""
    monkeypatch.setattr(writing, "PIECE_BYTES", 1024)


async def pieces(filed: Filed) -> tuple[dict[str, bytes], str, list[str]]:
    """A file of many pieces: all objects, its folder, and the names of the pieces."""
    await filed.send(*[(seed, told(seed)) for seed in range(1, 41)])
    (written,) = await filed.daily()
    objects = await filed.objects()
    return objects, written.name, sorted(name for name in objects if name.endswith(".jwe"))


async def test_a_long_file_is_a_chain_of_pieces_of_one_size(filed: Filed, small: None) -> None:
    objects, _, names = await pieces(filed)
    assert (len(names) > 5, len({len(objects[name]) for name in names[:-1]})) == (True, 1)
    assert await filed.ids() == [str(told(seed).id) for seed in range(1, 41)]


def swapped(objects: dict[str, bytes], names: list[str]) -> None:
    objects[names[0]], objects[names[1]] = objects[names[1]], objects[names[0]]


def said_otherwise(objects: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    """Whoever may write to the storage says something else in the manifest, with digests that fit."""
    (name,) = (name for name in objects if name.endswith("manifest.json"))
    said = json.loads(objects[name])
    change(said)
    for piece in said["pieces"]:
        content = objects.get(f"{said['name']}/{piece['name']}", b"")
        piece |= {"size": len(content), "sha256": subscriber.sha256(content).hexdigest()}
    objects[name] = json.dumps(said).encode()


def shortened(said: dict[str, Any]) -> None:
    said["rows"] -= said["pieces"].pop()["lines"]


def altered(objects: dict[str, bytes], names: list[str]) -> None:
    objects[names[1]] = objects[names[1]][:-2] + b"AA"


def taken(objects: dict[str, bytes], keys: Any) -> list[dict[str, Any]]:
    """Every line that a subscriber takes."""
    return [line for _, said in subscriber.manifests(iter(objects), objects.get, "filed")
            for line in subscriber.rows(said, objects.get, keys)]  # fmt: skip


ATTACKS: dict[str, tuple[Callable[[dict[str, bytes], list[str]], Any], str]] = {
    "a piece is gone": (lambda objects, names: objects.pop(names[2]), "piece-missing"),
    "the end is cut off": (lambda objects, _: said_otherwise(objects, shortened), "manifest-altered"),
    "two are swapped": (swapped, "piece-altered"),
    "one is altered": (altered, "piece-altered"),
    "another count": (lambda objects, _: said_otherwise(objects, lambda said: said.update(rows=1)), "manifest-altered"),
    "another contract": (lambda objects, _: said_otherwise(objects, lambda said: said.update(contract="tax")),
                         "another-manifest"),
    "another name": (lambda objects, _: said_otherwise(objects, lambda said: said.update(name="x")),
                     "another-manifest"),
}  # fmt: skip


@pytest.mark.threat("O2")
@pytest.mark.trap("input-23")
async def test_a_file_that_was_touched_is_refused_whole(filed: Filed, small: None) -> None:
    objects, _, names = await pieces(filed)
    keys, found = await filed.granted(), {}
    for title, (attack, _) in ATTACKS.items():
        touched = dict(objects)
        attack(touched, names)
        with pytest.raises(subscriber.Refused) as refused:
            taken(touched, keys)
        found[title] = str(refused.value)
    assert found == {title: code for title, (_, code) in ATTACKS.items()}
    assert len(taken(objects, keys)) == 40


@pytest.mark.threat("O2")
@pytest.mark.trap("input-23")
async def test_a_piece_opens_in_its_own_place_alone(filed: Filed, small: None) -> None:
    objects, _, names = await pieces(filed)
    (said,) = manifests(objects)
    keys = await filed.granted()
    for changed, number, last in (
        ({}, 2, False), ({}, 1, True), ({}, 0, False), ({"name": "another"}, 1, False), ({"contract": "tax"}, 1, False),
        ({"contract_hash": "0"}, 1, False),
    ):
        with pytest.raises(subscriber.Refused, match="another-place"):
            subscriber._opened({**said, **changed}, objects[names[0]], number, keys, last=last)
    assert subscriber._opened(said, objects[names[0]], 1, keys, last=False).startswith(b'"disclosure"')


@pytest.mark.threat("O2")
async def test_a_file_that_is_missing_between_two_is_noticed(filed: Filed) -> None:
    for number in range(3):
        await filed.send((number + 1, told(number + 1)))
        await filed.daily(DAY + timedelta(days=number))
        filed.now += timedelta(days=1)
    objects = await filed.objects()
    assert [said["number"] for said in manifests(objects)] == [1, 2, 3]
    without = {name: content for name, content in objects.items() if not name.startswith("00000002")}
    with pytest.raises(subscriber.Refused, match="number-missing-or-twice"):
        await filed.read(without)
    the_last = {name: content for name, content in objects.items() if name.startswith("00000003")}
    assert numbers(the_last, after=2) == [3]
    for after in (0, 1):
        with pytest.raises(subscriber.Refused, match="number-missing-or-twice"):
            numbers(the_last, after)
    full = {name: content.replace(b'"kind": "daily"', b'"kind": "full"') for name, content in the_last.items()}
    assert numbers(full, after=1) == [3], "who puts it in the place of a copy needs none before it"


def numbers(objects: dict[str, bytes], after: int) -> list[int]:
    """Of the files that a reader goes on with."""
    return [said["number"] for _, said in subscriber.manifests(iter(objects), objects.get, "filed", after)]


@pytest.mark.parametrize("content", [
    b"", b"<html>", b"\xff", b"[]", b"1", b'{"number": 3}', b"[" * 100_000,
    json.dumps(dict.fromkeys(subscriber.NAMED, "x")).encode(),
], ids=range(8))  # fmt: skip
def test_what_is_no_manifest_is_refused_by_a_code_and_what_lies_before_it_is_read(content: bytes) -> None:
    whole = json.dumps(dict.fromkeys(subscriber.NAMED, "x") | {
        "form": "juki-file/1", "contract": "filed", "name": "00000001-x", "number": 1,
    }).encode()  # fmt: skip
    objects = {"00000001-x/manifest.json": whole, "00000002-x/manifest.json": content}
    found = subscriber.manifests(iter(objects), objects.get, "filed")
    assert next(found)[0] == whole
    with pytest.raises(subscriber.Refused, match="not-a-manifest"):
        next(found)


@pytest.mark.parametrize("token", ["x", "WyJhbGciXQ....", "e30....", None, "a.b.c.d.e"], ids=str)
def test_what_is_sealed_by_nobody_is_refused_by_a_code(token: str | None) -> None:
    said = dict.fromkeys(subscriber.NAMED, "x") | {"sealed": token}
    with pytest.raises(subscriber.Refused, match="does-not-open"):
        subscriber.rows(said, {}.get, OctKey.generate_key())
