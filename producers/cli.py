"""The commands of the registry's side, and which module has each: only that one is loaded."""

from collections.abc import Mapping
from typing import Final

commands: Final[Mapping[str, str]] = {
    word: f"producers.{module}"
    for module, words in {
        "city_cli": ("city", "morning", "year"), "filing_cli": ("due", "expiring", "todokede"),
        "received_cli": ("received",), "recorded_cli": ("changes", "unknown-ages"), "atena.cli": ("atena",),
        "run_cli": ("run",), "bulk_cli": ("bulk",), "certificate_cli": ("certificate",), "accuracy_cli": ("accuracy",),
        "card_cli": ("card",), "loading_cli": ("snapshot", "review"), "drift_cli": ("drift", "again"),
        "transfer_cli": ("transfer",), "halted_cli": ("halted",), "disclosing_cli": ("ledger",),
        "bench_cli": ("bench",),
    }.items()
    for word in words
}  # fmt: skip
