"""What stands outside the seal: constant headers, topic-independent and the same for every kind of change.

CloudEvents 1.0, Kafka binding, binary mode. `ce_type` is one constant per stream, because the kind of a change is an
item that not every subscriber may know. The id of an event is inside the token (`jti`), so that the headers of a
whole topic are equal byte for byte.
"""

from typing import Final

Headers = tuple[tuple[str, bytes], ...]


def _headers(event: str) -> Headers:
    return (
        ("ce_specversion", b"1.0"),
        ("ce_type", f"jp.juki-hub.{event}".encode()),
        ("ce_source", b"juki-hub"),
        ("content-type", b"application/jose"),
    )


CHANGE: Final = _headers("change")
DISCLOSURE: Final = _headers("disclosure")
CODE_HEADER: Final = "hub.errors.code"
ACT_HEADER: Final = "hub.act"
CONTRACT_HEADER: Final = "hub.contract"
