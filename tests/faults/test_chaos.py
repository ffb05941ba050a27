"""A short run of the fault harness with a fixed seed; `make chaos SEED=… MINUTES=…` is a long one."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.chaos.play import play

SEED, SECONDS = 70, 48.0


@pytest.mark.faults
@pytest.mark.timeout(900)
async def test_under_faults_of_many_kinds_nothing_is_lost_foreign_altered_twice_or_out_of_order() -> None:
    # not pytest's own folder: that one is closed to the account which PostgreSQL runs under when we are root
    folder = Path(tempfile.mkdtemp(prefix="juki-chaos-"))
    outcome = await play(folder, SEED, SECONDS, print)
    logs = f"the logs are in {folder}"
    assert outcome.losses == [], logs
    assert outcome.recovery is not None, logs
    assert outcome.fresh is not None, logs
    assert outcome.crashed == [], logs
    assert outcome.well, logs
    shutil.rmtree(folder)
