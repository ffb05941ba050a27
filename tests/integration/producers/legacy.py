"""What a city writes for a registry of its own, made up here: from a row of it to what has happened."""

from uuid import UUID

from producers.capture.pgoutput import RowChange
from producers.outbox import Draft

KINDS = {"birth": "BIRTH", "came": "MOVE_IN_DOMESTIC", "moved": "RELOCATE"}


def translate(row: RowChange) -> Draft | None:
    """What happened, as the made-up registry lets guess."""
    now = row.after or row.before
    if row.table != "legacy.person" or now["kanji"] == "nobody":
        return None
    kind = KINDS.get(now["reason"], "EX_OFFICIO_CORRECTION") if row.after else "DEATH"
    return Draft(UUID(now["resident"]), kind, record(row.before), record(row.after),
                 now["happened_on"])  # fmt: skip


def record(values) -> dict | None:
    return values and {
        "atena_no": values["person_no"].zfill(10), "name": values["kanji"], "birth_date": values["born"],
        "sex": values["sex"], "address": {"text": values["place"]}, "protected": values["hidden"] == "t",
    }  # fmt: skip
