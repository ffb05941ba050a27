"""`python freezing.py SIGSTOP offsets run router`: the hub, which sends itself a signal at one place of a transaction.

    sent        every record is acknowledged by the broker, and the offsets are not in the transaction yet
    offsets     they are, and nothing is committed
    committed   the broker has committed, and nobody here knows of it yet

Stopped (SIGSTOP), a test continues it with SIGCONT; then it goes on, as a machine would that was asleep for a while.
"""

import os
import signal
import sys
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from hub.cli import main

POINTS: Final = ("sent", "offsets", "committed")


def hit(number: int, point: str) -> None:
    """Let every transaction of this process be hit there."""
    add, commit = AIOKafkaProducer.send_offsets_to_transaction, AIOKafkaProducer.commit_transaction

    async def adding(producer: Any, *given: Any) -> None:
        if point == "sent":
            os.kill(os.getpid(), number)
        await add(producer, *given)

    async def committing(producer: Any) -> None:
        if point == "offsets":
            os.kill(os.getpid(), number)
        await commit(producer)
        if point == "committed":
            os.kill(os.getpid(), number)

    AIOKafkaProducer.send_offsets_to_transaction, AIOKafkaProducer.commit_transaction = adding, committing


if __name__ == "__main__":
    hit(signal.Signals[sys.argv.pop(1)], sys.argv.pop(1))
    main()
