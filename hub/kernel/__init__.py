"""Cut, pad, seal and measure: what is done once per disclosure, for a whole batch in one call.

There are two that do it: the kernel, in Rust, where `make install` could build it, and its twin in Python. They give
the same bytes, so that it makes no difference but in time which one runs (`HUB_KERNEL`, `jukihub status`).
"""

from functools import cache
from importlib import import_module
from typing import Final, Literal, cast

from hub.bus.records import Outgoing
from hub.errors import DependencyUnavailable
from hub.kernel import twin
from hub.kernel.form import Batch, Kernel, Lot, Source, Wording
from hub.seal import NONCE, ContentKey

Wish = Literal["auto", "native", "python"]

_REMEDY: Final = "`make kernel` builds it, with cargo; HUB_KERNEL=auto goes without it"


def chosen(wish: Wish = "auto") -> Kernel:
    """The one that is wished for; `auto`: the kernel, where it is there. DependencyUnavailable where it has to be."""
    native = None if wish == "python" else _working()
    if native is None and wish == "native":
        raise DependencyUnavailable("not-built", "kernel", _REMEDY)
    return native or twin


def there() -> list[Kernel]:
    """The twin, and the kernel where it is there."""
    native = _working()
    return [twin] if native is None else [twin, native]


@cache
def _working() -> Kernel | None:
    """The kernel, where it is built and does what its twin does."""
    try:
        native = cast("Kernel", import_module("hub.kernel.native"))
    except ImportError:
        return None
    return native if _sample(native) == _sample(twin) else None


def _sample(kernel: Kernel) -> tuple[list[Outgoing], list[bytes]]:
    """A small batch with all that a payload can have; no key or nonce of it is ever used for anything else."""
    record = {"name": '見本 "', "address": {"text": "仮町"}, "sex": None}
    source = Source(record, {"change_reason": "BIRTH"}, b'"version":1,')
    items = ("address", "name", "birth_date", "change_reason")
    wording = Wording(b'"contract":"c",', b'"state":"left","items":', items, b',"transfer":"t"}')
    key, nonces = ContentKey.of("c.2026-04-02", bytes(32)), bytes(range(3 * NONCE))
    batch = Batch(key, nonces, b"c", b"0", [wording], (("h", b"v"),), 1)
    lots = [Lot(b'{"alg":"dir"', first, [(0, 0, 0)] * count) for first, count in ((7, 1), (90, 2))]
    sealed = kernel.sources([source], [bytes(16)]).seal(batch, lots, [bytes(16)] * 3)
    return [one for records, _ in sealed for one in records], [one for _, entries in sealed for one in entries]
