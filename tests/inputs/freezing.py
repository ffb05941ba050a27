"""`python freezing.py run router`: the hub, stopped by itself (SIGSTOP) where a transaction is open and all is sent.

A test continues it with SIGCONT; then it goes on to commit, as a machine would that was asleep for a while.
"""

import os
import signal
from typing import Any

from aiokafka import AIOKafkaProducer

from hub.cli import main

_commit = AIOKafkaProducer.commit_transaction


async def asleep_first(producer: Any) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    await _commit(producer)


if __name__ == "__main__":
    AIOKafkaProducer.commit_transaction = asleep_first
    main()
