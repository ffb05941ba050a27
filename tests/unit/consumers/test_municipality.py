"""Who speaks to the counterparts: read by its form, made up in development, refused in production."""

from pathlib import Path

import pytest

from consumers.adapters.municipality import MADE_UP, municipality, read
from hub.config import Settings
from hub.errors import NotPermitted, UsageError

OFFICE = 'name = "見本県例示町"\npostal_code = "9900002"\naddress = "見本県例示町一番地"\nphone = "000-000-0009"\n'
WHOLE = (
    'code = "993018"\noperator = "OP1"\nterminal = "TM1"\nprinting = "1"\n\n'
    + "".join(f"[{name}]\n{OFFICE}\n" for name in ("office", "pickup", "cards"))
    + '[codes]\n"見本県例示町" = "993018"\n'
)


def written(folder: Path, text: str) -> Path:
    file = folder / "municipality.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_says_who_speaks(tmp_path: Path) -> None:
    found = municipality(Settings(municipality=written(tmp_path, WHOLE)))
    assert (found.code, found.pickup.name, found.codes) == ("993018", "見本県例示町", {"見本県例示町": "993018"})


@pytest.mark.parametrize(("was", "becomes", "place"), [
    ('code = "993018"', 'code = "993010"', "code"), ('printing = "1"\n', "", "printing"),
    ('operator = "OP1"', 'operator = ""', "operator"), ('"9900002"', '"990-0002"', "office.postal_code"),
    ('"見本県例示町" = "993018"', '"見本県例示町" = "1"', "codes"), ('operator = "OP1"', 'operator = 1', "operator"),
    ('printing = "1"', 'printing = "1"\nmayor = "x"', "mayor"), ("[office]", "[[[", ""),
])  # fmt: skip
def test_a_file_with_a_fault_is_refused_by_place(tmp_path: Path, was: str, becomes: str, place: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(written(tmp_path, WHOLE.replace(was, becomes, 1)))
    assert place in str(refused.value)


def test_the_made_up_city_speaks_in_development_alone() -> None:
    assert municipality(Settings()) is MADE_UP
    with pytest.raises(NotPermitted, match="made-up-municipality"):
        municipality(Settings(env="production"))
