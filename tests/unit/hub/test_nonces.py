"""A nonce is used once per key, also where processes that were forked from one seal with the same key."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from hub.seal import ContentKey, Place, Sheet, seal

KEY = ContentKey.of("tax.2026-04-02", bytes(32))
PLACE = Place("tax", "juki.disclosures.tax", 0)
FORKS, BATCHES, BATCH = 4, 25, 2000
ALL = FORKS * BATCHES * BATCH
SHEETS = [Sheet(n, "", b"", b"") for n in range(BATCH)]
LETTERS = 16
"""Of a nonce of 96 bits in base64url."""


def nonces(_fork: int) -> bytes:
    """Those of the tokens that one process seals, as they stand in them."""
    tokens = (token for _ in range(BATCHES) for token in seal(KEY, PLACE, "", 0, SHEETS))
    return b"".join(token.split(b".", 3)[2] for token in tokens)


@pytest.mark.trap("C3")
def test_no_nonce_is_used_twice_in_two_hundred_thousand_tokens_over_forks() -> None:
    seal(KEY, PLACE, "", 0, SHEETS)  # what has been drawn before a fork is the same in all of its children
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as processes:
        drawn = b"".join(processes.map(nonces, range(FORKS)))
    assert len(drawn) == ALL * LETTERS
    assert len({drawn[at : at + LETTERS] for at in range(0, len(drawn), LETTERS)}) == ALL
