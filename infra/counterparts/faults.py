"""Faults that can be switched on while a counterpart runs. POST /control with one of

{"fault": "down", "how": "503" | "close"}   answers 503, or cuts the connection, before anything is done
{"fault": "slow", "seconds": 2.5, "when": "before" | "after"}   waits before or after the effect
{"fault": "refuse-one", "subject": "…" | "nth": 3, "code": "…"}   that subject until cleared, or the n-th from now
{"fault": "refuse-many", "subjects": ["…"], "code": "…"}      those subjects until cleared
{"fault": "nonsense", "how": "no-receipt" | "html" | "truncated" | "empty", "when": "before" | "after"}
{"fault": "clear"}                                            all of them off

A kind may have faults of its own (FAULTS, at the top of its module). With --state a fault stays on through a restart
until it is cleared, as that of a real counterpart would: `<state>.faults.json`.

`when`: whether the counterpart takes the disclosure ("after") or not ("before", the default) although it answers badly.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

CHOICES: dict[str, dict[str, Any]] = {
    "down": {"how": ("503", "close")},
    "slow": {"seconds": float, "when": ("before", "after")},
    "refuse-one": {"subject": str, "nth": int, "code": str},
    "refuse-many": {"subjects": list, "code": str},
    "nonsense": {"how": ("no-receipt", "html", "truncated", "empty"), "when": ("before", "after")},
}


@dataclass
class Faults:
    """What is switched on: fault → its settings. `own`: the faults that this kind has beside those of all."""

    own: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    file: Path | None = None
    on: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """As it was before a restart."""
        if self.file is not None and self.file.exists():
            self.on = json.loads(self.file.read_text(encoding="utf-8"))

    def switch(self, order: Any) -> str | None:
        """Obey an order; the closed code of what is wrong with it otherwise."""
        choices = {**CHOICES, **self.own}
        if not isinstance(order, dict) or order.get("fault") not in {*choices, "clear"}:
            return "unknown-fault"
        settings = {name: value for name, value in order.items() if name != "fault"}
        if order["fault"] == "clear":
            self.on.clear()
            self._keep()
            return "unknown-setting" if settings else None
        if not all(_allowed(choices[order["fault"]].get(name), value) for name, value in settings.items()):
            return "unknown-setting"
        self.on[order["fault"]] = settings
        self._keep()
        return None

    def _keep(self) -> None:
        """Remember what is on, whole or as it was."""
        if self.file is not None:
            half = self.file.with_suffix(".half")
            half.touch(mode=0o600)
            half.write_text(json.dumps(self.on), encoding="utf-8")
            half.replace(self.file)

    def refuses(self, subject: str) -> str | None:
        """The code with which this request is refused by order."""
        many = self.on.get("refuse-many", {})
        if subject in many.get("subjects", ()):
            return str(many.get("code", "not-accepted"))
        rule = self.on.get("refuse-one")
        if rule is None:
            return None
        if "nth" in rule:
            rule["nth"] -= 1
            if rule["nth"] == 0:
                del self.on["refuse-one"]
            self._keep()
            return str(rule.get("code", "not-accepted")) if rule["nth"] == 0 else None
        return str(rule.get("code", "not-accepted")) if rule.get("subject") == subject else None

    def about(self, fault: str, subject: str) -> bool:
        """Whether a fault of the kind's own is on for this subject: for all of them where none is named."""
        return fault in self.on and self.on[fault].get("subject", subject) == subject

    def code(self, fault: str) -> str:
        """The code with which a fault was ordered to answer."""
        return str(self.on[fault].get("code", "not-accepted"))

    async def slow(self, when: str) -> None:
        rule = self.on.get("slow")
        if rule and rule.get("when", "before") == when:
            await asyncio.sleep(rule.get("seconds", 1.0))

    def down(self, request: web.Request) -> web.Response | None:
        """The answer of a counterpart that is down; None where it is not."""
        rule = self.on.get("down")
        if rule is None:
            return None
        if rule.get("how", "503") == "close" and request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    def nonsense(self, when: str) -> web.Response | None:
        """A bad answer with status 200; None where none is ordered."""
        rule = self.on.get("nonsense")
        if rule is None or rule.get("when", "before") != when:
            return None
        return _NONSENSE[rule.get("how", "no-receipt")]()


_NONSENSE = {
    "no-receipt": lambda: web.json_response({"repeat": False}),
    "html": lambda: web.Response(text="<html><body>OK</body></html>", content_type="text/html"),
    "truncated": lambda: web.Response(text='{"receipt": "X-00', content_type="application/json"),
    "empty": lambda: web.Response(body=b""),
}


def _allowed(choice: Any, value: Any) -> bool:
    if isinstance(choice, tuple):
        return value in choice
    return isinstance(value, int | float if choice is float else choice) if isinstance(choice, type) else False
