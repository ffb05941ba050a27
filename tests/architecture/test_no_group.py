"""Nothing that tells or hands over joins a consumer group: partitions are assigned by number.

The watch alone is a member of one, through Faust (hub/watch.py, its one door); what it counts does not depend on it
(tests/integration/test_watch.py).
"""

import ast

import pytest

from tests.architecture.test_layers_and_doors import ROOMS, ROOT, sources

JOINING = {"subscribe", "ConsumerRebalanceListener", "partition_assignment_strategy", "group_instance_id"}

SAFE = {"isolation_level": "'read_committed'", "enable_auto_commit": "False", "auto_offset_reset": "'none'"}


def calls(*places: str) -> list[ast.Call]:
    files = [file for place in places for file in sorted((ROOT / place).rglob("*.py"))]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return [node for node in nodes if isinstance(node, ast.Call)]


def keywords(call: ast.Call) -> dict[str | None, str]:
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}


@pytest.mark.trap("A11", "A12", "A13", "input-25")
@pytest.mark.parametrize("room", ROOMS)
def test_nothing_that_could_be_rebalanced_is_called(room: str) -> None:
    nodes = [node for file in sources(room) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    words = {getattr(node, name, None) for node in nodes for name in ("attr", "arg", "id")}
    assert words & JOINING == set()


@pytest.mark.trap("A11", "A18")
def test_no_consumer_has_a_group_or_one_of_the_librarys_defaults_that_lose() -> None:
    made = consumers("hub/bus")
    expected = {"group_id": "None"} | SAFE
    assert made
    assert [{name: one.get(name) for name in expected} for one in made] == [expected] * len(made)


@pytest.mark.trap("A11", "A18")
def test_the_subscribers_library_has_none_of_them_and_names_a_group_only_to_be_seen() -> None:
    made = consumers("consumers/subscribe")
    assert [{name: one.get(name) for name in SAFE} for one in made] == [SAFE]


def consumers(place: str) -> list[dict[str | None, str]]:
    return [keywords(call) for call in calls(place) if ast.unparse(call.func) == "AIOKafkaConsumer"]


@pytest.mark.trap("A16", "A17")
def test_every_batch_is_given_its_partition_and_nothing_is_sent_record_by_record() -> None:
    sending = [call for call in calls("hub/bus") if ast.unparse(call.func).startswith("producer.send")]
    assert [ast.unparse(call.func) for call in sending] == ["producer.send_batch"]
    assert [keywords(call).get("partition") for call in sending] == ["part"]
