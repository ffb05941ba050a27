"""Record keys: a pseudonym of the resident, another one for every contract.

AES-256 of the resident's 16 random bytes under the contract's pseudonym key: one block, so the same resident always
has the same record key within a contract, and two contracts cannot match theirs. Who holds the key can turn it back.
A whole batch is one call of the cipher.
"""

from collections.abc import Sequence
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SIZE = 16


def can_be_found(resident: UUID) -> bool:
    """Whether the holder of the key finds this resident again: only a UUID of version 4 is told from a random block."""
    return resident.version == 4


class Pseudonyms:
    """The pseudonyms of one contract. `key`: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        # One block of unique random input per record: what makes ECB unfit for messages does not arise.
        cipher = Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305 - reason above
        # No block knows of another one, so one context does for all calls; to make one costs more than to use it.
        self._turned, self._turned_back = cipher.encryptor(), cipher.decryptor()

    def of(self, residents: Sequence[UUID]) -> list[bytes]:
        """16 bytes per resident, in the same order."""
        return self.of_bytes([resident.bytes for resident in residents])

    def of_bytes(self, residents: Sequence[bytes]) -> list[bytes]:
        """The same of residents of whom one has the 16 bytes."""
        if any(len(one) != SIZE for one in residents):  # a part of a block would stay in the context and shift the next
            raise ValueError("a resident has 16 bytes")
        joined = self._turned.update(b"".join(residents))
        return [joined[at : at + SIZE] for at in range(0, len(joined), SIZE)]

    def resident(self, record_key: bytes) -> UUID | None:
        """Who is behind a record key; None where it cannot be one of ours (a resident is a UUID of version 4)."""
        return self.residents([record_key])[0]

    def residents(self, record_keys: Sequence[bytes]) -> list[UUID | None]:
        """The same for many, in the same order."""
        fitting = [key if len(key) == SIZE else bytes(SIZE) for key in record_keys]
        joined = self._turned_back.update(b"".join(fitting))
        found = (UUID(bytes=joined[at : at + SIZE]) for at in range(0, len(joined), SIZE))
        return [one if len(key) == SIZE and can_be_found(one) else None
                for key, one in zip(record_keys, found, strict=True)]  # fmt: skip
