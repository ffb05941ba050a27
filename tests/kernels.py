"""The kernels that a test is run with: the twin, and the native one, which `make install` builds with cargo."""

import os

import pytest

from hub.kernel import chosen, twin
from hub.kernel.form import Kernel

WITHOUT_KERNEL = "JUKI_TEST_WITHOUT_KERNEL"
needs_native = pytest.mark.skipif(os.environ.get(WITHOUT_KERNEL) == "1", reason=f"{WITHOUT_KERNEL}=1 was asked for")
NAMES = ["python", pytest.param("native", marks=needs_native)]


def kernel(name: str) -> Kernel:
    """The kernel of that name; DependencyUnavailable, with the remedy, where it is not built."""
    return twin if name == "python" else chosen("native")
