"""A file that is not there is a usage error: exit 2, one sentence, no traceback of ours."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("words", [
    ["todokede"], ["keys", "grant", "--contract", "child-policy", "--to"],
])  # fmt: skip
@pytest.mark.parametrize("file", ["/nonexistent/file", "/"])
def test_what_is_no_file_is_a_usage_error(words: list[str], file: str) -> None:
    command = [sys.executable, "-m", "hub", *words, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count(f"{file!r}")) == (2, "", 1)
    assert "internal-error" not in done.stderr
