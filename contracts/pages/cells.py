"""The table 項目 × 提供先 as data, before it has a form: facts of each contract, rows by group, cells, numbered bases.

    ●  permitted       ◎  granted, with its days       △  conditional, off until granted       blank  not permitted

Every cell that is not blank names the bases that let the item through, by their number: their place in law/bases.toml,
whether cited or not, so that another contract renumbers nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contracts.articles import permitting
from contracts.book import Book
from contracts.contract import Contract, Grant
from contracts.law import Item
from contracts.pages import words

GROUPS: Final[Mapping[str, str]] = {
    "atena_no": "番号", "name": "本人", "address": "住所", "is_household_head": "世帯", "honseki": "戸籍・資格",
    "nationality": "外国人住民", "removal_date": "異動", "dv_protection": "その他",
}  # fmt: skip
"""The rows' groups, by their first item: the order is that of law/items.toml, and no item can be lost."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One item of one contract; `bases` are numbers of the legend."""

    mark: Literal["●", "◎", "△", ""] = ""
    bases: tuple[int, ...] = ()
    days: str = ""
    sample: str = ""
    """What marks a grant that nobody has signed."""

    @property
    def text(self) -> str:
        """The cell in one line."""
        cited = ",".join(map(str, self.bases))
        return " ".join(part for part in (self.mark, cited, self.days + self.sample) if part)


def cell(book: Book, contract: Contract, item: str) -> Cell:
    """What `contract` has of `item`, and by which bases."""
    bases = numbers(book, [basis.key for basis in permitting(book, contract, item)])
    if item in contract.items:
        return Cell("●", bases)
    if item not in contract.conditional:
        return Cell()
    grant = next((each for each in contract.granted if each.item == item), None)
    return _granted(grant, bases) if grant else Cell("△", bases)


def _granted(grant: Grant, bases: tuple[int, ...]) -> Cell:
    sample = f"【{words.SAMPLE}】" if grant.approved.sample else ""
    return Cell("◎", bases, words.period(grant.since, grant.until), sample)


def numbers(book: Book, keys: list[str]) -> tuple[int, ...]:
    """The numbers of the bases `keys`."""
    places = {key: at for at, key in enumerate(book.bases, 1)}
    return tuple(places[key] for key in keys)


def rows(book: Book) -> list[tuple[str, tuple[Item, ...]]]:
    """Every item, by group, in the order of the law."""
    grouped: list[tuple[str, tuple[Item, ...]]] = []
    for item in book.items.values():
        if item.id in GROUPS or not grouped:
            grouped.append((GROUPS.get(item.id, ""), ()))
        name, items = grouped[-1]
        grouped[-1] = (name, (*items, item))
    return grouped


Fact = Callable[[Book, Contract], str]

FACTS: Final[Mapping[str, Fact]] = {
    "利用目的": lambda _book, contract: contract.purpose,
    "法令上の根拠": lambda book, contract: ",".join(map(str, numbers(book, list(contract.basis)))),
    "対象者": lambda _book, contract: words.people(contract.population),
    "支援措置の扱い": lambda _book, contract: words.protection(contract),
    "知らせる異動": words.heard,
    "提供方法": lambda _book, contract: words.VIAS[contract.via],
    "識別項目": lambda book, contract: book.items[contract.identifier].ja,
    "写しの保持": lambda _book, contract: "有（初期登録）" if contract.mirror else "無",
    "効力": lambda _book, contract: words.in_force(contract),
    "決裁": words.approvals,
}
"""What the head of the table says of each contract: with the cells, all that its hash is taken of."""

HASH: Final = "契約のハッシュ（先頭12桁）"
NOTES: Final = (
    "●＝提供する。◎＝個別の決裁により提供する（期間を付す）。△＝条件付き項目で、個別の決裁があるまで提供しない。空欄＝提供しない。",
    "記号に続く番号は、その項目の提供を許す根拠（根拠の一覧の番号）。△の番号は、決裁があったときに許す根拠。",
    "識別項目は、対象者でなくなった者について最後に知らせる唯一の項目。「常に」は、項目に変わりがなくても知らせる異動。",
    "移転先＝根拠に番号法9条（これに基づく条例を含む。）を挙げるもの。委託先＝番号法19条6号を挙げるもの。提供先＝その他のもの。",
    "年齢到達等は全ての契約、初期登録は写しを保持する契約が知らせを受ける。",
)
CERTAINTY: Final = (
    "確かさ　S＝法令又は公文書の本文による。K＝通例による。U＝未確認であり、各市が自らの評価書と条例により確認する。"
)


def sample_notice(book: Book) -> str:
    """What is said where nobody has signed; empty where all is signed."""
    count = sum(map(words.is_sample, book.contracts.values()))
    if not count:
        return ""
    mark = f"{words.SAMPLE}：【{words.SAMPLE}】とある決裁は例として書かれたもので、"
    return mark + "誰も決裁していない。本番の環境では用いることができない。"
