"""What is installed is what is locked where a promise hangs on it, and nothing that would drag it down is there."""

import re
from importlib.metadata import version

import pytest

from tests.architecture.test_layers_and_doors import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", LOCK, re.MULTILINE))


@pytest.mark.trap("C1")
def test_cryptography_is_one_of_the_fast_ones() -> None:
    assert version("cryptography") == LOCKED["cryptography"]
    assert int(LOCKED["cryptography"].split(".")[0]) >= 50


@pytest.mark.trap("C2")
@pytest.mark.parametrize("package", ["hpke", "quixstreams", "pyhpke", "tink", "aws-encryption-sdk"])
def test_nothing_is_locked_that_holds_others_back(package: str) -> None:
    assert package not in LOCKED


@pytest.mark.trap("A1")
@pytest.mark.parametrize("package", ["aiokafka", "faust-streaming"])
def test_what_is_built_upon_to_the_letter_is_pinned_exactly(package: str) -> None:
    pinned = re.search(rf'"{package}==([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pinned is not None
    assert pinned[1] == LOCKED[package] == version(package)
