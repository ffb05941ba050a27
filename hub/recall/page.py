"""A notice as one printable page in Japanese (利用停止通知), with the form on which the subscriber confirms. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from html import escape
from typing import Any, Final

from contracts.change import JAPAN
from hub.retention.page import STYLE, table

_WHY: Final = {"ended": "提供契約が終了した（停止したものを含む）", "narrowed": "提供契約が認める項目が減った"}
_ASKED: Final = """\
次の項目を、この提供契約により利用することを直ちにやめ、写し（バックアップ、紙に印刷したものを含む）を消去し、又は返却してください。
他の法令により保管しなければならないものは、その条文を記入し、その目的のほかには利用しないでください。\
"""
_COLUMNS: Final = ("項目", "提供した期間", "住民の数", "提供した根拠")
_FORM: Final = (
    ("結果", "□ 消去した　　□ 返却した　　□ 他の法令により保管する（法令及び条文：　　　　　　　　　　　　　　）"),
    ("一部の項目", "（項目により結果が異なるとき）"), ("確認した日", "　　　　年　　月　　日"),
    ("所属及び職", "　"), ("氏名（署名）", "　"),
)  # fmt: skip


def page(document: dict[str, Any]) -> str:
    """The whole page."""
    said, made = document["certificate"], document["signature"]
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="ja">', "<head>", '<meta charset="utf-8" />',
        '<meta name="robots" content="noindex" />', "<title>利用停止通知</title>", f"<style>{STYLE}</style>", "</head>",
        "<body>", "<main>", "<h1>利用停止通知</h1>", f"<p>{escape(_ASKED)}</p>", *table(_facts(said)),
        "<h2>提供した項目</h2>", *_items(said["items"]), "<h2>検証</h2>", *table(_proof(said, made)),
        "<h2>確認書（記入して返送してください）</h2>", *table(iter(_FORM)), "</main>", "</body>", "</html>",
    ]) + "\n"  # fmt: skip


def _facts(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "通知番号", said["id"]
    yield "通知した日", _day(said["issued_on"])
    yield "提供先", said["subscriber"]
    yield "利用目的", said["purpose"]
    yield "提供契約", said["contract"]
    yield "理由", _WHY[said["why"]]
    yield "根拠", said["article"]
    yield "確認の期限", f"{_day(said['confirm_until'])}まで"
    yield "確認の宛先", said["confirm_to"]
    yield "提供した住民の数", f"{said['residents']:,}人（提供 {said['tellings']:,}件）"


def _items(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A row for each item: since when, until when, of how many, by which articles. No value."""
    yield f"<table><thead><tr>{''.join(f'<th>{name}</th>' for name in _COLUMNS)}</tr></thead><tbody>"
    for one in items:
        span = f"{_on(one['first'])}から{_on(one['last'])}まで"
        cells = one["name"], span, f"{one['residents']:,}人", "、".join(one["articles"]) or "台帳を参照"
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table>"


def _proof(said: dict[str, Any], made: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "発行", said["system"]
    yield "提供記録の要約値", said["set_sha256"]
    yield "署名", f"{made['algorithm']}　{made['value']}"
    yield "公開鍵", made["key"]


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%Y年%m月%d日}"


def _on(text: str) -> str:
    """The day of a time, in Japan."""
    return f"{datetime.fromisoformat(text).astimezone(JAPAN):%Y-%m-%d}"
