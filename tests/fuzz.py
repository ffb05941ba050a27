"""All that an application describes is sent to it, fitting and not: no fault of ours, and problems in their form."""

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, strategies
from hypothesis import settings as bounds
from schemathesis.generation import GenerationMode

from hub.api.app import PREFIX
from hub.api.problems import MEDIA


def sent_to_every_operation(
    application: Any, session: Any, token: str, examples: int, look: Callable[[Any, Any], None] = lambda *_: None,
    prefix: str = PREFIX,
) -> set[int]:  # fmt: skip
    """Send `examples` cases to each operation in the name of `token`; `look` sees each refusal. The statuses seen."""
    described = schemathesis.openapi.from_asgi(f"{prefix}/openapi.json", application)
    seen: set[int] = set()
    for operation in (found.ok() for found in described.get_all_operations()):
        made = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

        @bounds(max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                suppress_health_check=[*HealthCheck])  # fmt: skip
        @given(case=strategies.one_of(made))
        def sent(case: Any) -> None:
            answer = case.call(session=session, headers={"Authorization": f"Bearer {token}"})
            seen.add(answer.status_code)
            assert answer.status_code < 500
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == [MEDIA]
                look(case, answer)

        sent()
    return seen
