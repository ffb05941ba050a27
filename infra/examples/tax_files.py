"""A subscriber that reads its files, with stock libraries. tax_files.py ENDPOINT BUCKET CONTRACT KEYS.jwe PRIVATE.jwk

Prints one JSON line per disclosure of every file, in order, and goes on where AFTER (the number of a file) says. BUCKET
may have a folder behind it. The credentials for the storage are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

A file counts once its manifest is there. It is refused whole, by a closed code, and with it what comes behind it, where
anything does not fit: what is no manifest, or says other than its sealed copy; a piece that is missing, altered,
swapped, cut off, or of another file; a number that is missing or there twice; a manifest that does not name the digest
of the one before. Only a full file may come without those before it.
"""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from joserfc import errors, jwe, jwk

WITHHELD = object()
"""A cell that was not told; None is one that the register has nothing for."""


class Large(jwe.JWERegistry):
    """Pieces have a megabyte, and so may a grant of many keys; unless it is told, the library opens 48 KiB."""

    max_ciphertext_length = 8 * 2**20


SEALED = Large(algorithms=["dir", "A256GCM"], strict_check_header=False)  # members that say where it belongs
GRANTED = Large(algorithms=["ECDH-ES+A256KW", "A256GCM"])


NAMED = {"form", "contract", "contract_hash", "kid", "kind", "name", "number", "pieces", "previous", "rows", "sealed"}
FAULTY = (errors.JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Refused(Exception):
    """A file that is not to be read; why."""


def keys(granted: str, private: Mapping[str, Any]) -> jwk.KeySet:
    """The content keys out of what `jukihub keys grant` printed."""
    found = jwe.decrypt_compact(granted, jwk.ECKey.import_key(dict(private)), registry=GRANTED)
    return jwk.KeySet.import_key_set(json.loads(found.plaintext or b""))


def manifests(
    names: Iterator[str], get: Callable[[str], bytes | None], contract: str, after: int = 0
) -> Iterator[tuple[bytes, Any]]:
    """The manifests behind number `after`, in order (names begin with their number), none missing and none twice."""
    last, digest = None, ""
    for path in sorted(name for name in names if name.endswith("/manifest.json")):
        content = get(path) or b""
        said = _manifest(content)
        if (said["form"], said["contract"]) != ("juki-file/1", contract) or path.split("/")[-2] != said["name"]:
            raise Refused("another-manifest")
        if last is None and said["number"] > after + 1 and said["kind"] != "full":
            raise Refused("number-missing-or-twice")
        if last is not None and said["number"] != last + 1:
            raise Refused("number-missing-or-twice")
        if last is not None and said["previous"] != digest:
            raise Refused("another-file-before")
        last, digest = said["number"], sha256(content).hexdigest()
        if last > after:
            yield content, said


def rows(said: Mapping[str, Any], get: Callable[[str], bytes | None], granted: jwk.KeySet) -> list[dict[str, Any]]:
    """Every line of a file by its columns, once all of it has been checked; Refused otherwise."""
    plain = {name: value for name, value in said.items() if name != "sealed"}
    if json.loads(_opened(said, str(said["sealed"]).encode(), 0, granted, last=True))["manifest"] != plain:
        raise Refused("manifest-altered")
    text = b"".join(
        _piece(said, number, piece, get(f"{said['name']}/{piece['name']}"), granted)
        for number, piece in enumerate(said["pieces"], start=1)
    ).decode("utf-8")
    columns, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    if columns != said["columns"] or len(lines) != said["rows"] or any(len(line) != len(columns) for line in lines):
        raise Refused("another-table")
    return [dict(zip(columns, map(cell, line), strict=True)) for line in lines]


def cell(text: str) -> Any:
    """What was told: None where the register has none, WITHHELD where it was not told, else the text as it is."""
    if text in ("", "\\E"):
        return None if text == "" else ""
    return WITHHELD if text == "\\W" else text.removeprefix("\\")


def _manifest(content: bytes) -> Any:
    """What a manifest says; whether it is true says its seal."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused("not-a-manifest") from None
    if not isinstance(said, dict) or not said.keys() >= NAMED or type(said["number"]) is not int:
        raise Refused("not-a-manifest")
    return said


def _piece(said: Mapping[str, Any], number: int, piece: Any, content: bytes | None, granted: jwk.KeySet) -> bytes:
    if content is None:
        raise Refused("piece-missing")
    if (len(content), sha256(content).hexdigest()) != (piece["size"], piece["sha256"]):
        raise Refused("piece-altered")
    return _opened(said, content, number, granted, last=number == len(said["pieces"])).rstrip(b" ")


def _opened(said: Mapping[str, Any], token: bytes, piece: int, granted: jwk.KeySet, *, last: bool) -> bytes:
    place = {
        "typ": "juki-file" if piece else "juki-file-manifest", "aud": said["contract"], "file": said["name"],
        "piece": piece, "last": last, "kid": said["kid"], "ctr": said["contract_hash"],
    }  # fmt: skip
    try:
        found = jwe.decrypt_compact(token, granted, registry=SEALED)
    except FAULTY:
        raise Refused("does-not-open") from None
    if not place.items() <= found.headers().items():
        raise Refused("another-place")
    return found.plaintext or b""


def main(endpoint: str, bucket: str, contract: str, granted: str, private: str) -> None:
    """Read everything that is there and print it."""
    import boto3  # noqa: PLC0415 - only who reads from a storage needs it
    from botocore.config import Config  # noqa: PLC0415

    name, _, folder = bucket.partition("/")
    start = f"{folder}/{contract}/" if folder else f"{contract}/"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                          config=Config(s3={"addressing_style": "path"}))  # fmt: skip
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=start)
    there = {each["Key"].removeprefix(start) for page in pages for each in page.get("Contents", ())}

    def get(path: str) -> bytes | None:
        return client.get_object(Bucket=name, Key=start + path)["Body"].read() if path in there else None

    opened = keys(Path(granted).read_text(encoding="ascii").strip(), json.loads(Path(private).read_text()))
    for _, said in manifests(iter(there), get, contract, int(os.environ.get("AFTER", "0"))):
        for line in rows(said, get, opened):
            told = {column: value for column, value in line.items() if value is not WITHHELD}
            print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Refused as refused:
        sys.exit(f"refused: {refused}")
