"""One AsyncAPI document per contract: valid by the parser of its Initiative, and true of what lies on the topic."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.contract import Contract
from hub import envelope
from hub.config import read
from hub.interface import as_text, asyncapi, files, schema
from hub.seal import ContentKey, Place, Sheet, header, seal
from hub.wanted import reader_of, wanted
from tests.interface.samples import BOOK, CONTRACTS, NAMED, SETTINGS, full
from tests.node import bring, needs_node, program

HERE = Path(__file__).parent
WANTED = wanted(BOOK, SETTINGS)
DOCUMENTS = {contract.id: asyncapi.document(contract, BOOK, WANTED, SETTINGS) for contract in CONTRACTS}
COMPONENTS = "#/components/schemas/"
PATIENCE_SECONDS = 240
first_brought = pytest.mark.timeout(420)  # the first time, the parser has to be brought


def kafka(document: dict[str, Any]) -> Any:
    return document["channels"]["disclosures"]["bindings"]["kafka"]


# One for each of: references, bindings, schemas. The parser takes a second for each, faulty or not.
FAULTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "lost-schema": lambda document: document["components"]["schemas"].pop("disclosure"),
    "policy-as-text": lambda document: kafka(document)["topicConfiguration"].update({"cleanup.policy": "delete"}),
    "no-such-type": lambda document: document["components"]["schemas"]["items"].update(type="objekt"),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the parser says about every document and every faulty one, by name; one process, which is slow to start."""
    bring(HERE, "AsyncAPI parser")
    folder = tmp_path_factory.mktemp("asyncapi")
    for name, document in DOCUMENTS.items():
        (folder / f"{name}.json").write_text(as_text(document), encoding="utf-8")
    for name, spoil in FAULTS.items():
        faulty = json.loads(as_text(DOCUMENTS["child-policy"]))
        spoil(faulty)
        (folder / f"faulty-{name}.json").write_text(as_text(faulty), encoding="utf-8")
    command = [program("node"), str(HERE / "validate.mjs"), *map(str, sorted(folder.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    return {Path(said["file"]).stem: said for said in map(json.loads, done.stdout.splitlines())}


@pytest.mark.trap("S1")
@needs_node
@pytest.mark.faults
@first_brought
def test_the_parser_of_the_initiative_has_nothing_to_say(judged: dict[str, Any]) -> None:
    assert {name: judged[name]["said"] for name in DOCUMENTS} == {name: [] for name in DOCUMENTS}


@needs_node
@pytest.mark.faults
@first_brought
def test_the_parser_reads_one_channel_of_each_document(judged: dict[str, Any]) -> None:
    expected = {name: [f"juki.disclosures.{name}"] for name in DOCUMENTS}
    assert {name: judged[name]["channels"] for name in DOCUMENTS} == expected


@pytest.mark.trap("S1")
@needs_node
@pytest.mark.faults
@first_brought
@pytest.mark.parametrize("fault", FAULTS)
def test_the_parser_refuses_a_faulty_document(judged: dict[str, Any], fault: str) -> None:
    said = judged[f"faulty-{fault}"]
    assert not said["parsed"]
    assert 0 in {each["severity"] for each in said["said"]}


@pytest.mark.parametrize("contract", **NAMED)
def test_what_a_token_holds_is_described_as_in_the_schema(contract: Contract) -> None:
    own = json.loads(json.dumps(DOCUMENTS[contract.id]["components"]["schemas"]).replace(COMPONENTS, "#/$defs/"))
    alone = schema.document(contract, BOOK)
    parts = alone.pop("$defs")
    assert {**alone, **own["disclosure"]} == alone
    assert {name: own[name] for name in parts} == parts
    assert DOCUMENTS[contract.id]["info"]["x-contract"]["schema"] == alone["$id"]


@pytest.mark.trap("S2")
@pytest.mark.parametrize("dialect", [Draft7Validator, Draft202012Validator])
@pytest.mark.parametrize("contract", **NAMED)
def test_a_disclosure_fits_its_document_in_either_dialect(contract: Contract, dialect: Any) -> None:
    of_document = dialect({"allOf": [{"$ref": f"{COMPONENTS}disclosure"}], **DOCUMENTS[contract.id]})
    one = full(contract)
    more = {**one, "items": {**one["items"], "marker": None}}
    assert (of_document.is_valid(one), of_document.is_valid(more)) == (True, False)


def references(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [found for each in part for found in references(each)]
    if not isinstance(part, dict):
        return []
    own = [part] if isinstance(part.get("$ref"), str) else []
    return own + [found for each in part.values() for found in references(each)]


@pytest.mark.parametrize("contract", **NAMED)
def test_no_word_stands_beside_a_reference_that_readers_of_draft_7_would_pass_over(contract: Contract) -> None:
    found = references(DOCUMENTS[contract.id])
    assert found
    assert [each for each in found if len(each) > 1] == []


def sealed(contract: Contract) -> tuple[bytes, dict[str, Any]]:
    """A token as it lies on the contract's topic, and its protected header."""
    place = Place(contract.id, f"juki.disclosures.{contract.id}", 7)
    one = full(contract)
    sheet = Sheet(1, one["id"], json.dumps(one).encode(), bytes(range(16)))
    (token,) = seal(ContentKey.of(f"{contract.id}.2026-04-02", bytes(32)), place, contract.hash, 1_775_000_000, [sheet])
    return token, header(token)


@pytest.mark.parametrize("contract", **NAMED)
def test_a_sealed_token_is_what_the_document_says(contract: Contract) -> None:
    told = DOCUMENTS[contract.id]["components"]["schemas"]
    token, protected = sealed(contract)
    assert re.fullmatch(told["token"]["pattern"], token.decode())
    assert Draft7Validator(told["protected-header"]).is_valid(protected)


@pytest.mark.parametrize(("member", "value"), [
    ("alg", "none"), ("kid", "other.2026-04-02"), ("aud", "other"), ("sub_topic", "juki.disclosures.other"),
    ("part", 8), ("ctr", "0" * 64), ("seq", 0), ("sub", "00"), ("zip", "DEF"),
])  # fmt: skip
def test_a_header_of_elsewhere_is_none_of_the_document(member: str, value: Any) -> None:
    told = DOCUMENTS[CONTRACTS[0].id]["components"]["schemas"]["protected-header"]
    protected = sealed(CONTRACTS[0])[1]
    assert not Draft7Validator(told).is_valid({**protected, member: value})


@pytest.mark.trap("C15", "S2")
@pytest.mark.parametrize("contract", **NAMED)
def test_the_headers_are_those_of_every_disclosure(contract: Contract) -> None:
    headers = {name: value.decode() for name, value in envelope.DISCLOSURE}
    told = Draft7Validator(DOCUMENTS[contract.id]["components"]["schemas"]["headers"])
    assert told.is_valid(headers)
    assert not any(told.is_valid({**headers, name: "x"}) for name in (*headers, "ce_id"))


@pytest.mark.parametrize("contract", **NAMED)
def test_topic_and_groups_are_those_that_the_broker_has(contract: Contract) -> None:
    document, topic = DOCUMENTS[contract.id], WANTED.topics[f"juki.disclosures.{contract.id}"]
    own = {acl.name for acl in WANTED.acls if (acl.principal, acl.resource) == (reader_of(contract), "group")}
    configuration = {name: ",".join(value) if isinstance(value, list) else json.dumps(value).strip('"')
                     for name, value in kafka(document)["topicConfiguration"].items()}  # fmt: skip
    assert (kafka(document)["partitions"], kafka(document)["replicas"]) == (topic.partitions, topic.replication)
    assert configuration == topic.config
    assert set(document["operations"]["receive"]["bindings"]["kafka"]["groupId"]["enum"]) == own


def test_partitions_replicas_and_prefix_are_those_of_the_settings() -> None:
    other = read({"HUB_PREFIX": "city", "HUB_PARTITIONS": "3", "HUB_REPLICATION": "3"})
    document = json.loads(files(BOOK, other)["asyncapi/tax.json"])
    assert (kafka(document)["topic"], kafka(document)["partitions"], kafka(document)["replicas"]) == (
        "city.disclosures.tax", 3, 3,
    )  # fmt: skip
    assert "juki.disclosures" not in as_text(document)


@pytest.mark.parametrize("contract", **NAMED)
def test_a_document_says_nothing_of_another_subscriber(contract: Contract) -> None:
    text = as_text(DOCUMENTS[contract.id])
    others = [other for other in CONTRACTS if other != contract]
    assert [other.id for other in others if f"disclosures.{other.id}" in text or other.hash in text] == []


@pytest.mark.parametrize("contract", **NAMED)
def test_a_document_names_no_machine(contract: Contract) -> None:
    server = DOCUMENTS[contract.id]["servers"]["broker"]
    assert (server["host"], server["protocol"]) == ("{bootstrap}", "kafka-secure")
    assert server["variables"]["bootstrap"]["default"].split(":")[0].endswith(".example")
    assert "://" not in as_text(DOCUMENTS[contract.id])


@pytest.mark.trap("S3")
def test_no_two_documents_have_one_id() -> None:
    assert len({document["id"] for document in DOCUMENTS.values()}) == len(CONTRACTS)


def test_every_contract_has_its_two_documents_and_nothing_else_is_there() -> None:
    expected = {f"schemas/{name}.schema.json" for name in BOOK.contracts}
    expected |= {f"asyncapi/{name}.json" for name in BOOK.contracts}
    expected |= {"topics.json", "rights.md", "strimzi/kafka-topics.yaml", "strimzi/kafka-users.yaml"}
    assert set(files(BOOK, SETTINGS)) == expected


def test_the_same_book_gives_the_same_bytes() -> None:
    assert files(BOOK, SETTINGS) == files(BOOK, SETTINGS)
