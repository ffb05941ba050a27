"""The kernels that a test is run with: the twin, and the native one, which `make install` builds where there is cargo.

Where there is cargo and no kernel the build has failed: its tests fail then, and say so.
"""

import os
import shutil

import pytest

from hub.kernel import chosen, there, twin
from hub.kernel.form import Kernel

WITHOUT_KERNEL = "JUKI_TEST_WITHOUT_KERNEL"
_LEFT_OUT = os.environ.get(WITHOUT_KERNEL) == "1" or (len(there()) == 1 and shutil.which("cargo") is None)
needs_native = pytest.mark.skipif(_LEFT_OUT, reason=f"no cargo to build the native kernel with, or {WITHOUT_KERNEL}=1")
NAMES = ["python", pytest.param("native", marks=needs_native)]


def kernel(name: str) -> Kernel:
    """The kernel of that name; DependencyUnavailable, with the remedy, where it is not built."""
    return twin if name == "python" else chosen("native")
