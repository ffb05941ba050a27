"""What a kiosk prints, as data: the rows of each certificate, of whom they are, and which of them no copy can lack.

住民票の写し stands for 住民票記載事項証明書 and for the copy of a household too: the same rows. Without a special
request the rows of 4号 and 5号, 国籍 and the stay of foreign residents are left out (住基法12条5項, 30条の51), so the
centre holds them and leaves them out itself. Rows that are `GRANTED` are there where the contract has been granted the
item (its `conditional` ones), and nowhere else. 印鑑登録証明書 needs the impression of the seal (印影), which is no
item of the residents' register: it comes from the seals' own register, by a way that is not represented here (assumed).
Which rows may not be empty is assumed too (U): a 戸籍 or a 振り仮名 may be missing, a name may not.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

COPY, SEAL = "住民票の写し", "印鑑登録証明書"
ALWAYS, ASKED, GRANTED = "always", "on special request", "where the contract was granted the item"
EVERYBODY, MEMBER, JAPANESE, FOREIGN, SEALED = "everybody", "member", "japanese", "foreign", "seal"

WHOSE: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    EVERYBODY: lambda _record: True, MEMBER: lambda record: record["is_household_head"] is False,
    JAPANESE: lambda record: record["nationality"] is None, FOREIGN: lambda record: record["nationality"] is not None,
    SEALED: lambda record: record.get("seal_registration") is not None,
}  # fmt: skip
"""Of whose certificate a row is."""


class Row(NamedTuple):
    """One row of a certificate. `needed`: it may not be empty."""

    certificate: str
    item: str
    printed: str = ALWAYS
    whose: str = EVERYBODY
    needed: bool = False


ROWS = (
    Row(COPY, "name", needed=True),
    Row(COPY, "name_furigana"),
    Row(COPY, "former_surname"),
    Row(COPY, "alias_name", whose=FOREIGN),
    Row(COPY, "birth_date", needed=True),
    Row(COPY, "sex", needed=True),
    Row(COPY, "is_household_head", ASKED, needed=True),
    Row(COPY, "household_head_name", ASKED, MEMBER, needed=True),
    Row(COPY, "relationship_to_head", ASKED, MEMBER, needed=True),
    Row(COPY, "honseki", ASKED, JAPANESE),
    Row(COPY, "resident_since", whose=JAPANESE),
    Row(COPY, "address", needed=True),
    Row(COPY, "address_fixed_date"),
    Row(COPY, "notified_date"),
    Row(COPY, "previous_address"),
    Row(COPY, "my_number", GRANTED),
    Row(COPY, "juminhyo_code", GRANTED),
    Row(COPY, "alias_history", GRANTED, FOREIGN),
    Row(COPY, "foreign_resident_since", whose=FOREIGN, needed=True),
    Row(COPY, "nationality", ASKED, FOREIGN, needed=True),
    Row(COPY, "art30_45_category", ASKED, FOREIGN, needed=True),
    Row(COPY, "residence_status", ASKED, FOREIGN),
    Row(COPY, "residence_expiry", ASKED, FOREIGN),
    Row(COPY, "residence_card_no", ASKED, FOREIGN),
    Row(SEAL, "seal_registration", GRANTED, SEALED, needed=True),
    Row(SEAL, "name", whose=SEALED, needed=True),
    Row(SEAL, "former_surname", whose=SEALED),
    Row(SEAL, "alias_name", whose=SEALED),
    Row(SEAL, "birth_date", whose=SEALED, needed=True),
    Row(SEAL, "address", whose=SEALED, needed=True),
)
BESIDE: Mapping[str, str] = {
    "household_no": "puts the copy of a whole household together",
    "dv_protection": "says that nothing may be printed: empty in whatever is stored",
}
"""Items that the centre takes and no certificate prints, each with what it is for."""

GRANTABLE = frozenset(row.item for row in ROWS if row.printed == GRANTED)
TAKEN = frozenset(row.item for row in ROWS) | BESIDE.keys()
"""The closed list of what the centre takes. What is in it and not grantable has to be in every record."""


def lacking(record: Mapping[str, Any]) -> str | None:
    """The first item without which a certificate of this person cannot be printed."""
    rows = (row for row in ROWS if row.needed and WHOSE[row.whose](record))
    return next((row.item for row in rows if _empty(record[row.item])), None)


def _empty(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else (value,)
    return all(part is None for part in parts)
