"""A short run of the fault harness, always the same; `make chaos SEED=… MINUTES=…` is a long one, with every kind."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.chaos.play import play
from tests.faults.chaos.schedule import BY_NAME, KEEPING

SEED, SECONDS = 7042, 9.0
SHORTEST, LONGEST = 1.0, 2.5
"""What lasts seconds in a long run lasts a moment here; a node that has to start again would take half a minute."""

KINDS = tuple(
    replace(kind, shortest=SHORTEST, longest=LONGEST, targets=tuple(one for one in kind.targets if one not in KEEPING))
    for kind in map(BY_NAME.__getitem__, (
        "process-killed", "process-frozen", "node-frozen", "clients-cut-off", "database-killed",
        "database-sessions-ended", "counterpart-down", "counterpart-talks-nonsense", "clock-jumps",
    ))
)  # fmt: skip

CONTRACTS = ("prefecture", "intermediate-server", "convenience-store", "child-policy")
"""Everybody who is handed something over, and a department that reads its topic."""


@pytest.mark.trap("input-16", "input-18", "input-20", "A21")
@pytest.mark.timeout(600)
async def test_under_faults_of_many_kinds_nothing_is_lost_foreign_altered_twice_or_out_of_order() -> None:
    # not pytest's own folder: that one is closed to the account which PostgreSQL runs under when we are root
    folder = Path(tempfile.mkdtemp(prefix="juki-chaos-"))
    outcome = await play(folder, SEED, SECONDS, print, KINDS, CONTRACTS)
    logs = f"the logs are in {folder}"
    assert outcome.losses == [], logs
    assert outcome.crashed == [], logs
    assert outcome.recovery is not None, logs
    assert outcome.fresh is not None, logs
    assert outcome.well, logs
    shutil.rmtree(folder)
