"""Whether a contract is a provision (提供), a transfer (移転) or a commission (委託), told from its bases alone.

移転  a cited basis is 番号法9条 (1項 and its table, 2項 and the city's ordinance): use by the mayor's own departments,
      which is no provision under 19条.
委託  a cited basis is 番号法19条6号: what is handed over belongs to a commission of the city's own work.
提供  everything else: other organs of the city (教育委員会, 選挙管理委員会) and everybody outside.
"""

from typing import Final, Literal

from contracts.book import Book
from contracts.contract import DEPARTMENTAL, Contract

Receiver = Literal["提供先（市の外）", "委託先", "提供先（市の他の機関）", "移転先（市長部局）"]
ORDER: Final[tuple[Receiver, ...]] = ("提供先（市の外）", "委託先", "提供先（市の他の機関）", "移転先（市長部局）")
USE: Final = "番号法9条"
COMMISSION: Final = "番号法19条6号"


def receiver(book: Book, contract: Contract) -> Receiver:
    """What the subscriber is towards the city; how it is handed over tells only who of the others is inside."""
    cited = [book.bases[key].name for key in contract.basis]
    if any(USE in name for name in cited):
        return "移転先（市長部局）"
    if COMMISSION in cited:
        return "委託先"
    return "提供先（市の他の機関）" if contract.via in DEPARTMENTAL else "提供先（市の外）"


def columns(book: Book) -> list[tuple[Receiver, tuple[Contract, ...]]]:
    """The contracts by what their subscribers are, sorted by id; without what is empty."""
    each = [(kind, tuple(one for one in book.contracts.values() if receiver(book, one) == kind)) for kind in ORDER]
    return [(kind, contracts) for kind, contracts in each if contracts]
