"""Keeping the ledger signed: what the process `jukihub run ledger` does beside archiving.

What must not be signed is said aloud and tried again, and keeps nothing from being archived.
"""

import time
from typing import Final

from contracts.errors import JukiError
from hub import log, metrics
from hub.clock import now
from hub.config import Settings
from hub.database import Database
from hub.errors import PASSING
from hub.lifecycle import Process
from hub.patience import Patience
from hub.proofs import checkpoints, signing
from hub.proofs.note import Signer

LOOKS: Final = 5.0
"""Seconds between two looks whether there is something to sign."""


async def signing_it(settings: Settings, process: Process, database: Database, patience: Patience) -> None:
    """Sign until told to stop; raises what passes (PASSING)."""
    signer = signing.signer(settings)
    patience.at_work()
    while not process.stopping.is_set():
        process.beat("sign")
        await once(database, signer)
        await process.wait(LOOKS)


async def once(database: Database, signer: Signer) -> None:
    """Sign what there is to sign; a refusal is logged, and seen by the age of the metric."""
    try:
        signed = await checkpoints.sign(database, signer, now())
    except PASSING:
        raise
    except JukiError as refused:
        log.get().error("checkpoint-refused", code=refused.code, place=refused.place)
        return
    metrics.LEDGER_SIGNED.set(time.time())
    if signed:
        log.get().info("checkpoint-signed", count=signed.checkpoint.size)
