"""Strategies: made-up records, Changes through the door, and any contract, lawful or not."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from contracts.change import Change
from contracts.contract import Contract, Population
from contracts.kinds import CORRECTION, ENTRY, REMOVAL, kinds
from contracts.law import items
from tests.contracts.agreed import agreed
from tests.people import change, my_number

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
ITEMS = tuple(items())
CONTROLS = frozenset({"protected", "birth_date", "nationality"})
"""What decides about membership; everything else in a record is only told or not told."""

_texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5)
_digits = st.integers(0, 10**10).map(str)
_dates = DAYS.map(date.isoformat) | st.fixed_dictionaries(
    {"year": st.none() | st.integers(1900, 2026), "month": st.none() | st.integers(1, 12), "day": st.none()}
)
_addresses = st.fixed_dictionaries({"text": _texts, "town": st.none() | _texts})
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": _texts, "list": st.lists(_texts, max_size=2), "Date": _dates, "Address": _addresses,
    "bool": st.booleans(),
    'code "1" 男 / "2" 女': st.sampled_from("12"), "12 digits, check digit": st.integers(1, 10**10).map(my_number),
    "11 digits, check digit pluggable": st.integers(0, 10**11 - 1).map("{:011d}".format),
    "{status, period}": st.fixed_dictionaries({"status": _texts}),
    "{category, starts_on, ends_on}": st.fixed_dictionaries({"category": _texts, "starts_on": _dates}),
    "{number, registered_on}": st.fixed_dictionaries({"number": _texts}),
}  # fmt: skip


def values(item: str) -> st.SearchStrategy[Any]:
    """Values that a record may have for `item`; null is always one."""
    known = items()[item]
    if known.derived_from:
        return st.none()
    return st.none() | (_digits if item in ("atena_no", "household_no", "togo_atena_no") else _VALUES[known.type])


RECORDS = st.fixed_dictionaries(
    {}, optional={"protected": st.none() | st.booleans(), **{item: values(item) for item in ITEMS}}
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """A Change of any kind, in which half of the items may be unchanged."""
    kind = draw(st.sampled_from(sorted(kinds())))
    before, other = draw(RECORDS), draw(RECORDS)
    kept = draw(st.sets(st.sampled_from([*ITEMS, "protected"])))
    after = {name: value for name, value in other.items() if name not in kept}
    after |= {name: value for name, value in before.items() if name in kept}
    action = kinds()[kind].action
    return change(kind, None if action == ENTRY else before, None if action == REMOVAL else after)


def corrections() -> st.SearchStrategy[Change]:
    """Changes with a record before and after."""
    return changes().filter(lambda happened: happened.action == CORRECTION)


_KINDS = st.frozensets(st.sampled_from(sorted(kinds())), max_size=43)
_AGES = st.none() | st.integers(0, 100)
_POPULATIONS = st.none() | st.builds(Population, _AGES, _AGES, st.none() | st.booleans())


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract: what it may have and hear has nothing to do with the law here."""
    told = tuple(draw(st.lists(st.sampled_from(ITEMS), min_size=1, unique=True)))
    return agreed(
        items=told, identifier=draw(st.sampled_from(told)), hears=draw(_KINDS), always=draw(_KINDS),
        population=draw(_POPULATIONS), protected=draw(st.sampled_from(["deliver", "suspend", "withhold"])),
        in_force_from=date(1900, 1, 1),
    )  # fmt: skip
