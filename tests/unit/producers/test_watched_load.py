"""What a measured first load is said to wait for, at which pace it went, and how much room it needs."""

from pathlib import Path

import pytest

from hub.demo import folder
from hub.errors import UsageError
from producers.bench import room
from producers.bench.first_load import Loaded
from producers.bench.load_told import lines
from producers.bench.watched import Look, Watched, limit


def look(seconds: float, recorded: int, outbox: int, routed: int, **sessions: int) -> Look:
    return Look(seconds, recorded, outbox, routed, sessions)


def watched(*looks: Look, recorded_at: float, seconds: float) -> Watched:
    return Watched(looks, recorded_at, seconds, 1.0, 2)


@pytest.mark.parametrize(("busy", "others", "outbox", "topic", "said"), [
    (1.9, 0.1, 0, 0, "the cores"), (1.9, 0.1, 9000, 9000, "the cores"), (1.2, 0.5, 9000, 9000, "the router"),
    (1.2, 0.1, 9000, 900, "the relay"), (1.2, 0.1, 200, 900, "the registry, one page after the other"),
    (1.9, 0.5, 0, 0, "the cores, which other work has taken from it"),
])  # fmt: skip
def test_a_load_waits_for_the_cores_or_for_whoever_has_most_before_them(
    busy: float, others: float, outbox: int, topic: int, said: str
) -> None:
    looks = [look(1, outbox + topic + 50, outbox, 50), look(2, 0, 0, 0)]
    assert limit(Watched(looks, 1.0, 2.0, busy, 2), others).split(":")[0] == said


def test_what_waits_is_counted_while_something_is_recorded_and_not_in_the_end() -> None:
    seen = watched(look(1, 1000, 200, 0, work=2), look(2, 2000, 400, 600, work=1, disk=1), look(3, 2000, 0, 2000),
                   recorded_at=2.0, seconds=3.0)  # fmt: skip
    assert (seen.outbox, seen.topic) == (300, 900)
    assert seen.sessions == {"work": 1.5, "disk": 0.5}


def test_the_pace_is_told_by_thirds_of_the_time() -> None:
    seen = watched(look(1, 0, 0, 100), look(4, 0, 0, 700), look(6, 0, 0, 2700), recorded_at=6.0, seconds=6.0)
    assert seen.thirds == pytest.approx([150, 200, 1000])
    assert sum(seen.thirds) * 2 == 2700


def test_what_an_earlier_measurement_has_left_counts_as_room_and_other_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "left").write_bytes(bytes(1_000_000))
    assert room.size(tmp_path) >= 1_000_000
    before = room.room(tmp_path)
    (tmp_path / folder.MARK).touch()
    assert room.room(tmp_path) - before == pytest.approx(1_000_000, abs=50_000_000)


def test_in_memory_there_is_no_more_room_than_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "_memory", lambda: room.SERVERS + 5000)
    monkeypatch.setattr(room, "_mounts", lambda: iter([("/", "ext4"), (str(tmp_path), "tmpfs")]))
    assert room.room(tmp_path) == 5000
    monkeypatch.setattr(room, "_mounts", lambda: iter([("/", "tmpfs"), (str(tmp_path), "ext4")]))
    assert room.room(tmp_path) > 5000


def test_a_measurement_that_has_no_room_is_refused_by_name() -> None:
    room.check_room(Path("x"), 10, 10)
    with pytest.raises(UsageError, match="disk-too-small"):
        room.check_room(Path("x"), 11, 10)


@pytest.mark.parametrize(("residents", "reckoned"), [(510, ["not measured, only reckoned"]), (510_000, [])])
def test_what_is_only_reckoned_says_so(residents: int, reckoned: list[str]) -> None:
    used = {"snapshot": 1.0, "broker": 2.0}
    found = Loaded(residents, 20, 2.0, 1.0, 10, 20, 30, {"tax": 20}, used, {"broker": 5.0}, 1.9, 2, 1.0, 2.0,
                   {"at work": 0.5}, [1.0, 2.0, 3.0], "the cores")  # fmt: skip
    said = [*lines(found)]
    assert [line.split(":")[0] for line in said if "reckoned" in line] == reckoned
    assert "it waits for the cores" in said
    assert "1.90 of 2 cores were busy, 0.40 of them with something else than the load" in said
