"""The section 提供・移転 of the assessment (特定個人情報保護評価書 Ⅱ 5), out of the Book: one block for each receiver.

What a contract does not say, such as how many people are concerned, is left to the city, and the page says so. Whether
a block is a provision, a transfer or a commission follows from its bases, by the rule that stands on the page itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from contracts.book import Book
from contracts.contract import Contract
from contracts.law import Basis
from contracts.pages import handing, words
from contracts.pages import markdown as md
from contracts.pages.cells import CERTAINTY, sample_notice
from contracts.pages.receivers import Receiver, columns

TITLE: Final = "特定個人情報保護評価書　Ⅱ　特定個人情報ファイルの概要　５．特定個人情報の提供・移転"
BY_CITY: Final = (
    "〔市が記入：1万人未満／1万人以上10万人未満／10万人以上100万人未満／100万人以上1,000万人未満／1,000万人以上〕"
)
_NUMBERS: Final = {"my_number": "含む", "togo_atena_no": "含む（個人番号に代わって用いられる団体内統合宛名番号）"}
_PARTS: Final[Mapping[Receiver, str]] = {
    "提供先（市の外）": "（１）提供先（市の外）", "提供先（市の他の機関）": "（２）提供先（市の他の機関）",
    "移転先（市長部局）": "（３）移転先（市長部局）", "委託先": "（参考）委託に伴う提供",
}  # fmt: skip
_RULE: Final = (
    "移転とは、根拠に番号法9条（1項及び別表、2項及びこれに基づく市の条例）を挙げるものをいう。",
    "移転は市長部局の中での利用であり、番号法19条の提供に当たらない。",
    "委託に伴う提供とは、根拠に番号法19条6号を挙げるものをいう。",
    "委託に伴う提供は、評価書の「４．特定個人情報ファイルの取扱いの委託」に記載するので、参考として末尾に置く。",
    "提供とは、その他のものをいう。市長と別の機関（教育委員会、選挙管理委員会など）への提供と、市の外への提供がある。",
    "個人番号を含まないものは番号法にいう特定個人情報の提供又は移転ではなく、評価書に記載するかどうかは市が判断する。",
)
_COMMON: Final = (
    "知らせる情報は、各表に名称を挙げたものに限る。全部の記録から除くのではなく、挙げた情報だけで組み立てる。",
    "異動があっても、その相手に知らせる情報に変わりがなければ知らせない。知らせの有無から、許されない情報が伝わることを防ぐためである。",
    "本人の範囲から外れた者については、識別項目だけを最後に知らせる。消除された者については、消除の時の情報を知らせる。",
    "条件付きの情報は、個別の決裁により認められた期間に限り知らせる。",
)


def files(book: Book) -> dict[str, str]:
    """The section as text, by relative path."""
    return {"assessment.md": markdown(book)}


def markdown(book: Book) -> str:
    """The section in Markdown."""
    notice = sample_notice(book)
    placed = dict(columns(book))
    blocks = [part for kind, heading in _PARTS.items() if kind in placed
              for part in (f"## {heading}", *(_block(book, kind, one) for one in placed[kind]))]  # fmt: skip
    return "\n\n".join([
        f"# {TITLE}", *([f"> **{notice}**"] if notice else []), "## 提供・移転の有無", _counts(placed),
        "## 提供と移転の別", "提供と移転の別は、契約に挙げた法令上の根拠により決めている。", md.bullets(_RULE),
        "## 共通の事項", md.bullets(_COMMON), *blocks,
        "## 根拠についての備考（市が確認する事項を含む。）", md.bullets(_doubts(book)), CERTAINTY,
        "## 異動の種類", md.bullets(words.group_words(book)), f"契約と法令の全体のハッシュ：`{book.hash}`",
    ]) + "\n"  # fmt: skip


def _counts(placed: Mapping[Receiver, Sequence[Contract]]) -> str:
    out, inside, commissioned = (
        sum(len(placed.get(kind, ())) for kind in _PARTS if kind.startswith(name)) for name in ("提供", "移転", "委託")
    )
    return f"提供を行っている（{out}件）　移転を行っている（{inside}件）　このほか委託に伴う提供（{commissioned}件）"


def _block(book: Book, kind: Receiver, contract: Contract) -> str:
    act, whom = ("移転", "移転先") if kind.startswith("移転") else ("提供", "委託先" if kind == "委託先" else "提供先")
    heading = f"### {whom}　{md.plain(contract.subscriber)}（{contract.id}）"
    return f"{heading}\n\n{md.table(['項目', '内容'], _lines(book, contract, act, whom))}"


def _lines(book: Book, contract: Contract, act: str, whom: str) -> Iterator[tuple[str, str]]:
    yield "特定個人情報ファイル", handing.file_of(contract)
    yield "①法令上の根拠", "、".join(_cited(book.bases[key]) for key in contract.basis)
    yield f"②{whom}における用途", contract.purpose
    yield f"③{act}する情報", _information(book, contract)
    yield f"④{act}する情報の対象となる本人の数", BY_CITY
    yield f"⑤{act}する情報の対象となる本人の範囲", _range(contract)
    yield f"⑥{act}方法", handing.WAYS[contract.via]
    yield "⑦時期・頻度", handing.moments(book, contract)
    yield "支援措置の扱い", handing.protection(contract)
    yield "個人番号", _number(contract)
    yield "識別項目（最後の知らせに載せる項目）", book.items[contract.identifier].ja
    yield "効力及び決裁", f"{words.in_force(contract)}。{words.approvals(book, contract)}"


def _cited(basis: Basis) -> str:
    return basis.name if basis.certainty == "S" else f"{basis.name}［{basis.certainty}］"


def _information(book: Book, contract: Contract) -> str:
    granted = [f"{book.items[each.item].ja}（{words.period(each.since, each.until)}）" for each in contract.granted]
    off = [each for each in contract.conditional if each not in words.named(contract)]
    said = f"{_names(book, contract.items)}（{len(contract.items)}項目）。"
    if granted:
        said += f"個別の決裁により：{'、'.join(granted)}。"
    if off:
        said += f"条件付き（個別の決裁があるまで知らせない。）：{_names(book, off)}。"
    return said


def _names(book: Book, items: Sequence[str]) -> str:
    return "、".join(book.items[each].ja for each in items)


def _range(contract: Contract) -> str:
    those = words.those(contract.population)
    without = "（支援措置の対象者を除く。）" if contract.protected != "deliver" else ""
    return f"住民基本台帳に記録されている者{f'のうち、{those}' if those else ''}{without}"


def _number(contract: Contract) -> str:
    had = words.named(contract)
    said = next((said for item, said in _NUMBERS.items() if item in had), "含まない")
    off = "my_number" in contract.conditional and "my_number" not in had
    return f"{said}（条件付き。個別の決裁があるまで知らせない。）" if off else said


def _doubts(book: Book) -> Iterator[str]:
    for basis in book.bases.values():
        if basis.remark:
            yield f"{basis.name}［{basis.certainty}］　{basis.remark}"
