"""Keeping ledger and audit signed: what the process `jukihub run ledger` does beside archiving.

What must not be signed is said aloud and tried again, and keeps nothing from being archived.
"""

import time
from collections.abc import Mapping
from typing import Final

from contracts.errors import JukiError
from hub import log as said
from hub import metrics
from hub.clock import now
from hub.config import Settings
from hub.database import Database
from hub.errors import PASSING
from hub.lifecycle import Process
from hub.patience import Patience
from hub.proofs import checkpoints, signing
from hub.proofs.logs import LOGS, Log
from hub.proofs.note import Signer

LOOKS: Final = 5.0
"""Seconds between two looks whether there is something to sign."""


async def signing_it(settings: Settings, process: Process, database: Database, patience: Patience) -> None:
    """Sign until told to stop; raises what passes (PASSING)."""
    signers = {log: signing.signer(settings, log) for log in LOGS}
    patience.at_work()
    while not process.stopping.is_set():
        process.beat("sign")
        await once(database, signers)
        await process.wait(LOOKS)


async def once(database: Database, signers: Mapping[Log, Signer]) -> None:
    """Sign what there is to sign in each log; a refusal is logged, and seen by the age of the metric."""
    if all([await _signed(database, log, signer) for log, signer in signers.items()]):
        metrics.LEDGER_SIGNED.set(time.time())


async def _signed(database: Database, log: Log, signer: Signer) -> bool:
    """Whether nothing stands in the way."""
    try:
        signed = await checkpoints.sign(database, signer, now(), log)
    except PASSING:
        raise
    except JukiError as refused:
        said.get().error("checkpoint-refused", code=refused.code, place=refused.place)
        return False
    if signed:
        said.get().info("checkpoint-signed", place=log.name, count=signed.checkpoint.size)
    return True
