"""Pseudonyms, positions, the key wrapper, settings and logs keep their promises."""

import json
import logging
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from hub import config, log, positions
from hub.errors import JukiError, UsageError
from hub.pseudonym import Pseudonyms


def test_what_is_no_resident_is_refused_and_shifts_nobody_who_follows() -> None:
    one, resident = Pseudonyms(b"k" * 32), uuid4()
    (own,) = one.of([resident])
    for wrong in ([b"short"], [bytes(15), bytes(17)], [resident.bytes, b""]):
        with pytest.raises(ValueError, match="16 bytes"):
            one.of_bytes(wrong)
        assert one.of([resident]) == [own]
    assert one.of([]) == []


def test_a_resident_has_one_pseudonym_per_contract_and_another_for_every_contract() -> None:
    resident, one, other = uuid4(), Pseudonyms(os.urandom(32)), Pseudonyms(os.urandom(32))
    assert one.of([resident, resident])[0] == one.of([resident])[0]
    assert one.of([resident]) != other.of([resident])


def test_the_holder_of_the_key_finds_the_resident_again() -> None:
    resident, one = uuid4(), Pseudonyms(os.urandom(32))
    assert one.resident(one.of([resident])[0]) == resident


@pytest.mark.parametrize("key", [b"", b"x", b"x" * 15, b"x" * 17])
def test_a_record_key_of_another_length_names_nobody(key: bytes) -> None:
    assert Pseudonyms(os.urandom(32)).resident(key) is None


def test_a_foreign_record_key_names_nobody_unless_it_has_the_form_of_a_resident() -> None:
    one = Pseudonyms(b"k" * 32)
    named = [one.resident(Pseudonyms(b"o" * 32).of([UUID(int=n, version=4)])[0]) for n in range(640)]
    assert sum(name is not None for name in named) < 640 / 64 * 3


@pytest.mark.trap("A8")
def test_sequences_survive_the_metadata_of_an_offset() -> None:
    assert positions.decode(positions.encode({"tax": 12, "prefecture": 3}), "t[0]") == {"tax": 12, "prefecture": 3}


@pytest.mark.trap("A8")
@pytest.mark.parametrize("metadata", ["", "x", "[]", '{"tax":"1"}', '{"tax":true}'])
def test_an_offset_without_sequences_is_refused_and_never_begun_again(metadata: str) -> None:
    with pytest.raises(JukiError) as refused:
        positions.decode(metadata, "juki.changes[0]")
    assert str(refused.value) == "juki.changes[0]: sequence-lost"


@pytest.mark.trap("A8")
def test_a_book_whose_sequences_do_not_fit_beside_an_offset_is_refused() -> None:
    positions.check_fits([f"department-{n:03}" for n in range(100)])
    with pytest.raises(JukiError, match="too-many-contracts"):
        positions.check_fits([f"department-{n:03}" for n in range(200)])


def test_an_unknown_setting_is_an_error_and_its_value_is_not_told() -> None:
    with pytest.raises(UsageError) as refused:
        config.read({"HUB_KAFAK": "secret-value"})
    assert str(refused.value) == "HUB_KAFAK: unknown-setting"


def test_only_the_environment_that_is_passed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PARTITIONS", "99")
    given = config.read({"HUB_DATA": "elsewhere"})
    assert (given.data, given.partitions) == (Path("elsewhere"), 8)


def test_a_child_inherits_no_setting_but_those_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUB_PARTITIONS", "HUB_KAFKA", "OTHER"):
        monkeypatch.setenv(name, "3")
    assert {"HUB_PARTITIONS", "HUB_KAFKA", "OTHER"} & config.inherited("HUB_PARTITIONS").keys() == {
        "HUB_PARTITIONS", "OTHER",
    }  # fmt: skip


@pytest.mark.parametrize(
    "limit", ["HUB_REVEALS_A_DAY", "HUB_TOLD_AGAIN_ALONE", "HUB_INQUIRIES_AN_HOUR", "HUB_REPLAYS_AT_MOST"]
)
def test_nobody_lifts_a_limit_on_what_one_person_may_do_by_their_own_environment(limit: str) -> None:
    config.read({limit: "5"})
    with pytest.raises(UsageError, match=f"{limit}: bad-setting"):
        config.read({limit: "101"})


@pytest.mark.parametrize("named", [
    {"HUB_KAFKA": "broker:9093"}, {"HUB_KAFKA": "127.0.0.1:1,192.0.2.7:9093"}, {"HUB_KAFKA": "[2001:db8::1]:9093"},
    {"HUB_DATABASE": "postgresql://hub@db.example/hub"}, {"HUB_DATABASE": "postgresql:///hub?host=db.example"},
    {"HUB_DATABASE": "postgresql://[secret/hub"},
    {"HUB_DATABASE": "postgresql://hub:a%40b@127.0.0.1:5432,db.example:5432/hub"},
    {"HUB_DATABASE": "postgresql://127.0.0.1/hub", "HUB_REGISTRY": "postgresql://registry@192.0.2.7/registry"},
])  # fmt: skip
def test_beside_servers_of_another_machine_it_is_said_whether_that_is_production(named: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="HUB_ENV: not-said") as refused:
        config.read(named)
    assert not any(value in str(refused.value) for value in named.values())
    assert config.read({**named, "HUB_ENV": "development"}).env == "development"
    brokers = {name: value for name, value in named.items() if name == "HUB_KAFKA"}  # of a database more is asked there
    assert config.read({**brokers, "HUB_ENV": "production"}).env == "production"


@pytest.mark.parametrize("named", [
    {}, {"HUB_KAFKA": "127.0.0.1:1,localhost:2,[::1]:3,127.0.0.7:4"}, {"HUB_DATABASE": "postgresql:///hub"},
    {"HUB_DATABASE": "postgresql://hub@/hub?host=/run/postgresql"}, {"HUB_DATABASE": "postgresql://hub@[::1]:5433/hub"},
    {"HUB_DATABASE": "postgresql://hub@%2Frun%2Fpostgresql/hub"},
])  # fmt: skip
def test_on_this_machine_it_is_development(named: dict[str, str]) -> None:
    assert config.read(named).env == "development"


def test_a_bad_setting_is_named_without_its_value() -> None:
    with pytest.raises(UsageError) as refused:
        config.read({"HUB_PARTITIONS": "many-secret"})
    assert str(refused.value) == "HUB_PARTITIONS: bad-setting"
    assert refused.value.__cause__ is None


@pytest.mark.trap("V3")
def test_a_log_line_holds_only_keys_of_the_allow_list(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("router")
    log.get().error("change-quarantined", code="bad-date", name="架空 太郎", partition=3)
    line = json.loads(capsys.readouterr().err)
    assert line.keys() == {"action", "level", "timestamp", "process", "code", "partition"}
    assert (line["action"], line["code"]) == ("change-quarantined", "bad-date")


@pytest.mark.trap("V3")
def test_a_librarys_log_line_loses_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("router")
    logging.getLogger("aiokafka").warning("could not send 架空 太郎")
    line = capsys.readouterr().err
    assert "架空" not in line
    assert json.loads(line)["place"] == "aiokafka"
