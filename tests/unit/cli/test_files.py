"""A file that is not there is a usage error: exit 2, one sentence, no traceback of ours."""

import pytest

from tests.forked import jukihub


@pytest.mark.parametrize("words", [
    ["todokede"], ["keys", "grant", "--contract", "child-policy", "--to"],
])  # fmt: skip
@pytest.mark.parametrize("file", ["/nonexistent/file", "/"])
def test_what_is_no_file_is_a_usage_error(words: list[str], file: str) -> None:
    done = jukihub(*words, file)
    assert (done.returncode, done.stdout, done.stderr.count(f"{file!r}")) == (2, "", 1)
    assert "internal-error" not in done.stderr
