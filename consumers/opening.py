"""Opening a sealed disclosure in the hands of the hub: content key by kid, the token's place, the payload's promise."""

from consumers.disclosure import Disclosure, read
from hub import metrics
from hub.errors import DatabaseError, DependencyUnavailable, TokenRefused
from hub.keys import KeyStore
from hub.outcome import Deferred, Refused
from hub.seal import Place, check_place, header, open_token


class Opener:
    """Opens the tokens of one contract. The key store remembers keys, so only the first token of a day asks."""

    def __init__(self, keys: KeyStore, contract: str, topic: str) -> None:
        self._keys = keys
        self._contract = contract
        self._topic = topic

    async def open(self, token: bytes, partition: int, subject: bytes) -> Disclosure | Deferred | Refused:
        """The disclosure; Refused where the token is not what it should be, Deferred where no key can be had now."""
        try:
            place = Place(self._contract, self._topic, partition)
            check_place(header(token), place, subject)
            key = await self._keys.by_kid(header(token)["kid"])
            head, payload = open_token(token, key, place, subject)
            return read(payload, head["jti"], self._contract)
        except TokenRefused as refused:
            return Refused(refused.code)
        except (DependencyUnavailable, DatabaseError):
            metrics.KEYS_UNAVAILABLE.labels(self._contract).inc()
            return Deferred("key-unavailable")
