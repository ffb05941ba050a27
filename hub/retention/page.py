"""A certificate as one printable page in Japanese (消去証明書): HTML for A4 that needs nothing but itself. Pure."""

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any, Final

from contracts.change import JAPAN
from hub.destroyed import BY_ORDER

STYLE: Final = """
@page { size: A4 portrait; margin: 18mm 16mm 18mm; }
* { box-sizing: border-box; }
html { font: 10pt/1.5 "Noto Serif CJK JP", "IPAmjMincho", "Yu Mincho", serif; color: #000; }
body { margin: 0; } main { width: 178mm; margin: 0 auto; }
h1 { font-size: 18pt; letter-spacing: .4em; text-indent: .4em; text-align: center; margin: 0 0 6mm; font-weight: 600; }
h2 { font-size: 11pt; margin: 6mm 0 1mm; }
table { width: 100%; border-collapse: collapse; border: .4mm solid #000; }
th, td { border: .15mm solid #000; padding: 1mm 2mm; text-align: left; vertical-align: top; font-weight: 400;
  overflow-wrap: anywhere; }
th[scope=row] { width: 42mm; background: #f2f2f2; } thead th { background: #f2f2f2; }
code { font: 8pt/1.3 monospace; overflow-wrap: anywhere; }
p { margin: 0 0 2mm; } ul { margin: 0; padding-left: 5mm; }
@media screen { body { background: #ddd; } main { background: #fff; padding: 16mm; width: 210mm; margin: 8mm auto; } }
"""
_HOW: Final = {
    "keys-destroyed": "内容鍵を全ての処理と表から消去した。その鍵で封をしたものは、写しがどこに残っていても開けない。",
    "rows-deleted": "住民基本台帳側の表から行を削除した。",
}
_KINDS: Final = {"content-keys": "内容鍵", "notices": "届出書及び通知書"}
_NOT: Final = {
    "copies-of-subscribers": "提供先が手元に写した内容及び鍵（受領書による）",
    "paper": "書面の届出書及び通知書（別に廃棄する）",
}
_ORDER: Final = "職員二人の決定"


def page(document: dict[str, Any], ledger: dict[str, Any] | None) -> str:
    """The whole page. `ledger`: where the ledger has the certificate's line."""
    said, made = document["certificate"], document["signature"]
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="ja">', "<head>", '<meta charset="utf-8" />',
        '<meta name="robots" content="noindex" />', "<title>消去証明書</title>", f"<style>{STYLE}</style>", "</head>",
        "<body>", "<main>", "<h1>消去証明書</h1>", *table(_facts(said)), *_contracts(said["what"]),
        "<h2>及ぶ範囲</h2>", *table(_reach(said)), "<h2>検証</h2>", *table(_proof(said, made, ledger)),
        "</main>", "</body>", "</html>",
    ]) + "\n"  # fmt: skip


def _facts(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    rule, what = said["rule"], said["what"]
    yield "証明書番号", said["id"]
    yield "消去の根拠", _rule(rule)
    if said["reason"]:
        yield "理由", said["reason"]
    yield "消去したもの", f"{_KINDS.get(what['kind'], what['kind'])} {what['count']:,}件{_days(what.get('days'))}"
    yield "方法", _HOW[said["how"]]
    yield "消去を求めた時", time(said["asked_at"])
    yield "消去を終えた時", time(said["ended_at"])
    yield "求めた者", _who(said["requested_by"])
    yield "承認した者", _who(said["approved_by"]) if said["approved_by"] else "なし（規則による）"


def _rule(rule: dict[str, Any]) -> str:
    """The rule in its own words; by its name alone where the database was restored and has lost its words."""
    if "what" in rule:
        return f"{rule['what']}：{rule['article']}、{_period(rule['keep'])}"
    return _ORDER if rule["id"] == BY_ORDER else f"規則 {rule['id']}"


def _contracts(what: dict[str, Any]) -> Iterator[str]:
    """Which keys, a line per contract; the names of the keys are those of the contract and the day."""
    if "contracts" not in what:
        return
    yield "<h2>内訳</h2><table><thead><tr><th>提供契約</th><th>期間</th><th>鍵の数</th><th>鍵</th></tr></thead><tbody>"
    for one in what["contracts"]:
        keys = " ".join(escape(key) for key in one["keys"])
        yield (f"<tr><td>{escape(one['contract'])}</td><td>{one['days']['from']}から{one['days']['until']}まで</td>"
               f"<td>{len(one['keys'])}</td><td><code>{keys}</code></td></tr>")  # fmt: skip
    yield "</tbody></table>"


def _reach(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    reach = said["reach"]
    yield "稼働中のシステム", "消去を終えた時から"
    kept = reach["backups_kept_days"]
    until = f"{reach['backups_until']}の翌日から（バックアップを{kept}日間保存する場合）"
    yield "バックアップ", until if kept is not None else "保存期間の定めがないため、日を示せない"
    if reach["or_when_destroyed"]:
        yield "", "又は、次のKEKを全て消去した時から：" + "、".join(reach["or_when_destroyed"])
    yield "及ばないもの", "、".join(_NOT.get(one, one) for one in said["not_reached"])


def _proof(said: dict[str, Any], made: dict[str, str], ledger: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    yield "発行", f"{time(said['issued_at'])}　{said['system']}"
    yield "署名", f"{made['algorithm']}　{made['value']}"
    yield "公開鍵", made["key"]
    if ledger is None:
        yield "台帳の記録", "まだ記録されていない"
        return
    yield "台帳の記録", f"パーティション{ledger['partition']}、位置{ledger['offset']}"
    receipt = ledger.get("receipt")
    yield "台帳の署名", f"{len(receipt) - 1}行の証明をJSONの証明書に添える" if receipt else "次の署名を待っている"


def table(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Names beside what is said of them."""
    yield "<table><tbody>"
    for name, value in rows:
        yield f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
    yield "</tbody></table>"


def time(text: str) -> str:
    """A time in Japan."""
    return f"{datetime.fromisoformat(text).astimezone(JAPAN):%Y年%m月%d日 %H時%M分%S秒}"


def _period(keep: dict[str, int]) -> str:
    [(unit, count)] = keep.items()
    return f"{count}{ {'days': '日間', 'months': 'か月間', 'years': '年間'}[unit] }"


def _days(span: dict[str, str] | None) -> str:
    return f"（{span['from']}から{span['until']}まで）" if span else ""


def _who(one: dict[str, str | None]) -> str:
    return one["name"] or str(one["id"])
