"""The parts of a contract in the words of those who sign it: days, people, kinds of change, protection, hand-over."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from contracts.book import Book
from contracts.checks import ALWAYS_HEARD, MIRRORED
from contracts.contract import Approval, Contract, Population
from contracts.law import kind_ids

SAMPLE: Final = "見本"
EVERYBODY: Final = "全ての住民"
_ERAS: Final = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"))

VIAS: Final = {
    "topic": "庁内連携（購読）",
    "rest": "庁内連携（照会）",
    "csv": "庁内連携（ファイル）",
    "prefecture": "住基ネット（本人確認情報）",
    "previous-municipality": "住基ネット（転入通知）",
    "koseki-fuhyo": "住基ネット（附票記載事項通知）",
    "jlis-delivery": "住基ネット（送付先情報）",
    "intermediate-server": "中間サーバー（副本登録）",
    "convenience-store": "証明発行サーバ",
    "immigration": "入管庁との市町村連携",
}
"""Every way of handing over, in a few words."""


def day(on: date) -> str:
    """The day by its era; before 昭和 by the common year."""
    for since, era in _ERAS:
        if on >= since:
            year = on.year - since.year + 1
            return f"{era}{'元' if year == 1 else year}年{on.month}月{on.day}日"
    return f"{on.year}年{on.month}月{on.day}日"


def period(since: date, until: date | None) -> str:
    """First and last day."""
    return f"{day(since)}から" + (f"{day(until)}まで" if until else "")


def in_force(contract: Contract) -> str:
    """When the contract is in force, and since when it is on trial."""
    trial = f"（試行 {day(contract.shadow_from)}から）" if contract.shadow_from else ""
    return period(contract.in_force_from, contract.in_force_until) + trial


def approval(approved: Approval) -> str:
    """Who approved, when, under which reference; a sample says so first."""
    said = f"{approved.by} {day(approved.on)} {approved.ref}"
    return f"【{SAMPLE}】{said}" if approved.sample else said


def approvals(book: Book, contract: Contract) -> str:
    """The approval of the contract, and that of each item it was granted."""
    granted = [f"{book.items[grant.item].ja}：{approval(grant.approved)}" for grant in contract.granted]
    return "／".join([approval(contract.approved), *granted])


def is_sample(contract: Contract) -> bool:
    """Whether something in the contract was approved by nobody."""
    return contract.approved.sample or any(grant.approved.sample for grant in contract.granted)


def people(population: Population | None) -> str:
    """Whom the contract concerns."""
    return "・".join(_people(population or Population())) or EVERYBODY


def those(population: Population | None) -> str:
    """Whom the contract concerns, in a sentence (日本国民で満17歳以上の者); empty for everybody."""
    return "で".join(_people(population or Population())) + ("の者" if has_age(population) else "")


def has_age(population: Population | None) -> bool:
    """Whether an age limits whom the contract concerns."""
    return population is not None and (population.age_from is not None or population.age_to is not None)


def _people(population: Population) -> Iterator[str]:
    if population.japanese is not None:
        yield "日本国民" if population.japanese else "外国人住民"
    low, high = population.age_from, population.age_to
    if has_age(population):
        yield (f"満{low}歳以上" if low is not None else "") + (f"満{high}歳以下" if high is not None else "")


def heard(book: Book, contract: Contract) -> str:
    """The kinds of change that it hears of, but for the two that go without saying, and those told in any case."""
    said = kinds(book, ordinary(contract))
    return f"{said}（常に：{kinds(book, contract.always)}）" if contract.always else said


def ordinary(contract: Contract) -> frozenset[str]:
    """The kinds that it hears because it names them."""
    return contract.hears - ALWAYS_HEARD - MIRRORED


def kinds(book: Book, ids: frozenset[str]) -> str:
    """Kinds in the order of the law: a whole group of several by its name, the others by their own."""
    return "、".join(dict.fromkeys(_kinds(book, ids)))


def _kinds(book: Book, ids: frozenset[str]) -> Iterator[str]:
    members = groups(book)
    named = {which: name for name, which in kind_ids().items()}
    for kind in book.kinds.values():
        if kind.id in ids:
            whole = len(members[kind.group]) > 1 and members[kind.group] <= ids
            yield named[members[kind.group]] if whole else kind.ja


def groups(book: Book) -> dict[str, frozenset[str]]:
    """The ids of the kinds of each group, in the order of the law."""
    ids = dict.fromkeys(kind.group for kind in book.kinds.values())
    return {group: frozenset(kind.id for kind in book.kinds.values() if kind.group == group) for group in ids}


def group_words(book: Book) -> list[str]:
    """Every group of several kinds by its name, with its kinds."""
    return [
        f"{kinds(book, members)}＝{'、'.join(kind.ja for kind in book.kinds.values() if kind.id in members)}"
        for members in groups(book).values() if len(members) > 1
    ]


def protection(contract: Contract) -> str:
    """What is done for a person under 支援措置. A flag is told only where 支援措置 is among the items."""
    if contract.protected == "suspend":
        return "対象外とする"
    if contract.protected == "withhold":
        return "知らせない"
    return "印を付けて提供" if "dv_protection" in named(contract) else "区別なく提供"


def named(contract: Contract) -> tuple[str, ...]:
    """The items that it has, and those granted to it, whatever the day."""
    return (*contract.items, *(grant.item for grant in contract.granted))
