"""The proxy's weather, on loopback sockets: what is passed on, and when; what is lost, and who hears of it."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.faults.peers import owner
from tests.faults.proxy import FINE, HOST, Connection, Door, Proxy, Stream, Way

SECONDS = 10.0
LOST, HELD = Way(lost=True), Way(held=True)


@dataclass
class Line:
    """One connection through a door: the caller's end and the called one's, and the weather between them."""

    proxy: Proxy
    door: Door
    caller: socket.socket
    called: socket.socket
    weather: list[Way] = field(default_factory=lambda: [FINE, FINE])

    def becomes(self, there: Way = FINE, back: Way = FINE) -> None:
        self.weather[:] = [there, back]
        self.proxy.changed()

    @property
    def connection(self) -> Connection:
        return next(iter(self.door.connections))

    def swallowed(self, stream: int) -> Callable[[], bool]:
        return lambda: self.connection._streams[stream].holed


def until(look: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < end
        time.sleep(0.001)


def heard(end: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes."""
    said = b""
    while len(said) < size:
        piece = end.recv(size - len(said))
        assert piece, "it ended"
        said += piece
    return said


@pytest.fixture
def line() -> Iterator[Line]:
    with ExitStack() as held:
        proxy = held.enter_context(Proxy())
        server = held.enter_context(socket.create_server((HOST, 0)))
        server.settimeout(SECONDS)
        weather = [FINE, FINE]
        door = proxy.door(lambda: int(server.getsockname()[1]), lambda _source: (weather[0], weather[1]))
        caller = held.enter_context(socket.create_connection((HOST, door.port), SECONDS))
        called = held.enter_context(server.accept()[0])
        called.settimeout(SECONDS)
        until(lambda: bool(door.connections))
        yield Line(proxy, door, caller, called, weather)


def test_in_good_weather_everything_passes_both_ways(line: Line) -> None:
    there, back = bytes(range(256)) * 1024, b"answer"
    line.called.sendall(back)
    line.caller.sendall(there)
    assert (heard(line.called, len(there)), heard(line.caller, len(back))) == (there, back)


def test_an_end_is_passed_on_and_the_other_direction_goes_on(line: Line) -> None:
    line.caller.shutdown(socket.SHUT_WR)
    assert line.called.recv(10) == b""
    line.called.sendall(b"still")
    assert heard(line.caller, 5) == b"still"


def test_slow_bytes_are_not_early_and_all_there(line: Line) -> None:
    line.becomes(there=Way(latency=0.05))
    began = time.monotonic()
    line.caller.sendall(b"late")
    assert (heard(line.called, 4), time.monotonic() - began >= 0.05) == (b"late", True)


def test_what_is_sliced_arrives_whole(line: Line) -> None:
    line.becomes(there=Way(slice=3))
    line.caller.sendall(b"in slices of three")
    assert heard(line.called, 18) == b"in slices of three"


async def test_slices_are_given_to_the_network_one_by_one() -> None:
    given: list[bytes] = []

    class Writer:
        write = staticmethod(given.append)

        async def drain(self) -> None:
            pass

    await Stream(None, Writer(), lambda: Way(slice=4))._pass_on(b"ten bytes!")  # type: ignore[arg-type]
    assert given == [b"ten ", b"byte", b"s!"]


@pytest.mark.parametrize("stream", [0, 1], ids=["towards the called", "towards the caller"])
def test_one_way_is_lost_the_other_way_passes_and_nobody_is_told(line: Line, stream: int) -> None:
    ends = (line.caller, line.called)
    mute, deaf = ends[stream], ends[1 - stream]
    line.becomes(**{("there", "back")[stream]: LOST})
    mute.sendall(b"unheard")
    until(line.swallowed(stream))
    deaf.sendall(b"heard")
    assert heard(mute, 5) == b"heard"
    deaf.setblocking(False)
    with pytest.raises(BlockingIOError):  # neither bytes nor an end
        deaf.recv(1)


def test_a_stream_that_has_lost_something_is_reset_when_it_could_go_on(line: Line) -> None:
    line.becomes(there=LOST, back=LOST)
    line.caller.sendall(b"unheard")
    until(line.swallowed(0))
    line.becomes()
    for end in (line.caller, line.called):
        with pytest.raises(ConnectionResetError):
            end.recv(1)


def test_a_stream_that_has_lost_nothing_goes_on(line: Line) -> None:
    line.becomes(there=LOST, back=LOST)
    line.becomes()
    line.caller.sendall(b"on")
    assert heard(line.called, 2) == b"on"


def test_held_bytes_arrive_when_the_weather_changes(line: Line) -> None:
    line.becomes(there=HELD)
    line.caller.sendall(b"wait")
    line.called.sendall(b"back")
    assert heard(line.caller, 4) == b"back"
    line.called.setblocking(False)
    with pytest.raises(BlockingIOError):
        line.called.recv(1)
    line.called.settimeout(SECONDS)
    line.becomes()
    assert heard(line.called, 4) == b"wait"


@pytest.mark.parametrize("hard", [False, True], ids=["ended", "reset"])
def test_the_death_of_the_other_side_is_not_heard_through_a_hole(line: Line, hard: bool) -> None:
    line.becomes(back=LOST)
    if hard:
        line.called.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    line.called.close()
    until(line.swallowed(1))
    line.caller.sendall(b"are you there")
    line.caller.setblocking(False)
    with pytest.raises(BlockingIOError):
        line.caller.recv(1)
    line.caller.settimeout(SECONDS)
    line.becomes()
    with pytest.raises(ConnectionResetError):
        line.caller.recv(1)


def test_a_reset_is_passed_on_as_one(line: Line) -> None:
    line.called.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    line.called.close()
    with pytest.raises(ConnectionResetError):
        line.caller.recv(1)


def test_a_door_can_reset_what_passes_through_it(line: Line) -> None:
    line.proxy.reset(line.door)
    for end in (line.caller, line.called):
        with pytest.raises(ConnectionResetError):
            end.recv(1)


def test_where_nobody_listens_the_caller_is_reset() -> None:
    with socket.create_server((HOST, 0)) as closed:
        port = int(closed.getsockname()[1])
    with ExitStack() as held:
        door = held.enter_context(Proxy()).door(lambda: port)
        held.enter_context(pytest.raises(ConnectionResetError))  # while it connects already, or when it listens
        held.enter_context(socket.create_connection((HOST, door.port), SECONDS)).recv(1)


def test_the_weather_is_asked_for_by_the_name_of_the_caller() -> None:
    with ExitStack() as held:
        proxy = held.enter_context(Proxy())
        server = held.enter_context(socket.create_server((HOST, 0)))
        names: dict[int, str] = {}
        door = proxy.door(
            lambda: int(server.getsockname()[1]),
            lambda source: (LOST, FINE) if source == "mute" else (FINE, FINE),
            lambda port: names.setdefault(port, "mute" if not names else "other"),
        )
        mute = held.enter_context(socket.create_connection((HOST, door.port), SECONDS))
        to_mute = held.enter_context(server.accept()[0])
        other = held.enter_context(socket.create_connection((HOST, door.port), SECONDS))
        to_other = held.enter_context(server.accept()[0])
        until(lambda: len(door.connections) == 2)
        mute.sendall(b"unheard")
        other.sendall(b"heard")
        assert heard(to_other, 5) == b"heard"
        until(lambda: any(connection._streams[0].holed for connection in door.connections))
        to_mute.setblocking(False)
        with pytest.raises(BlockingIOError):
            to_mute.recv(1)


def test_a_connection_is_known_to_be_of_the_process_that_made_it() -> None:
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as caller:
        port = int(caller.getsockname()[1])
        assert (owner(port, [1, os.getpid()]), owner(port, [])) == (os.getpid(), None)
