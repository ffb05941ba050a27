"""The kernels that a test is run with: the twin, and the native one, where `make install` could build it."""

import pytest

from hub.kernel import chosen, there, twin
from hub.kernel.form import Kernel

needs_native = pytest.mark.skipif(len(there()) == 1, reason="the native kernel is not built; `make kernel` says why")
NAMES = ["python", pytest.param("native", marks=needs_native)]


def kernel(name: str) -> Kernel:
    """The kernel of that name; DependencyUnavailable, with the remedy, where it is not built."""
    return twin if name == "python" else chosen("native")
