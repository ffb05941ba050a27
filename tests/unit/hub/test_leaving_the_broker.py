"""A client that cannot leave its broker in order, because a node is frozen or cut off, ends no process."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from hub.bus import client


class Connections:
    """The library's own: closing waits for each connection, and a wait that was given up cancels the connection."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.closed = [asyncio.get_running_loop().create_future()]
        self._failure = failure

    async def close(self) -> None:
        if self._failure is not None:
            raise self._failure
        await asyncio.gather(*self.closed)


class Client:
    _sender: "Sender | None" = None

    def __init__(self, connections: Connections) -> None:
        self._client = connections
        self.asked = asyncio.Event()

    async def stop(self) -> None:
        self.asked.set()
        await asyncio.gather(*self._client.closed)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "STOP_SECONDS", 0.01)
    monkeypatch.setattr(client, "CLOSE_SECONDS", 0.01)


@pytest.mark.parametrize("failure", [None, KafkaConnectionError()], ids=["given up", "failed"])
async def test_a_client_whose_connections_do_not_close_is_left_behind_in_peace(failure: Exception | None) -> None:
    await client.stopped(Client(Connections(failure)))


class Interrupted(Client):
    """The library's own: it awaits a fetch that it has cancelled itself, and lets the cancellation out."""

    async def stop(self) -> None:
        raise asyncio.CancelledError


async def test_a_cancellation_that_is_the_librarys_own_ends_nobody() -> None:
    await client.stopped(Interrupted(Connections()))


async def test_who_is_cancelled_while_leaving_is_cancelled() -> None:
    leaving = asyncio.create_task(client.stopped(there := Client(Connections())))
    await there.asked.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving


class Sender:
    """The library's own: told to end it first awaits what it has sent, which asks a client that answers no more."""

    def __init__(self) -> None:
        self.sender_task = asyncio.create_task(self._sending())

    async def _sending(self) -> None:
        answer = asyncio.get_running_loop().create_future()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await answer


async def test_a_producer_that_waits_for_an_answer_which_never_comes_is_left_in_a_bounded_time() -> None:
    producer = Client(Connections())
    producer._sender = sender = Sender()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await client.stopped(producer)
    assert sender.sender_task.done()
