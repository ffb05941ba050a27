"""What mutmut 3.7 asks of pytest and pytest 9.2 has no more: the private name of a test's id.

mutmut 3.8 does not ask for it, but wants a click that faust-streaming refuses; with that bound gone, this goes too.
"""

import pytest

pytest.Item._nodeid = property(lambda item: item.nodeid)  # type: ignore[attr-defined]
