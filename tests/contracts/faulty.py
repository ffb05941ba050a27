"""Faulty contracts as data: what is edited in the sound one, which objection it meets, and in which line."""

# ruff: noqa: E501 - a catalogue is read line by line, one faulty contract in each

from dataclasses import dataclass

from tests.contracts.books import Edits

ITEMS = '"宛名番号", "氏名", "生年月日", "住所", "続柄"'
BOTH = '"番号法9条1項別表81", "庁内連携条例"'
APPROVED = 'approved   = { by = "総務部法務", on = 2026-03-20, ref = "令和8年 決裁第123号" }'


@dataclass(frozen=True)
class Faulty:
    title: str
    edits: Edits
    code: str
    line: int
    words: tuple[str, ...] = ()
    alone: bool = True


def with_items(title: str, items: str, code: str, *words: str, alone: bool = True) -> Faulty:
    return Faulty(title, ((ITEMS, items),), code, 6, words, alone)


def instead(title: str, old: str, new: str, code: str, line: int, *words: str, alone: bool = True) -> Faulty:
    return Faulty(title, ((old, new),), code, line, words, alone)


CATALOGUE = (
    # what is missing
    instead("no subscriber", 'subscriber = "子ども政策課"', "", "no-subscriber", 1),
    instead("a blank purpose", '"児童手当の支給"', '" \u3000"', "no-purpose", 2),
    instead("an empty purpose", '"児童手当の支給"', '""', "no-purpose", 2),
    instead("no basis", f"basis      = [{BOTH}]", "", "no-basis", 1, "law/bases.toml"),
    instead("an empty basis", f"[{BOTH}]", "[]", "no-basis", 3),
    instead("no kinds", '["記載", "消除", "修正", "世帯", "個人番号", "支援措置"]', "[]", "no-kinds", 4),
    instead("no items", f"[{ITEMS}]", "[]", "no-items", 6),
    instead("no identifier", 'identifier = "宛名番号"', "", "no-identifier", 1),
    instead("no rule for protected persons", 'protected  = "deliver"', "", "no-protection-rule", 1, "支援措置"),
    instead("no way of handing over", 'via        = "topic"', "", "no-way", 1),
    instead("no period", "in_force   = { from = 2026-04-01 }", "", "no-period", 1),
    instead("no approval", APPROVED, "", "no-approval", 1, "決裁"),
    # what is not known
    with_items("an invented item", '"宛名番号", "マイナンバー"', "unknown-item", "マイナンバー"),
    with_items("an id of the wire", '"宛名番号", "my_number"', "unknown-item"),
    instead("an invented conditional item", '["国籍等"]', '["国籍の歴史"]', "unknown-item", 7),
    instead("an invented identifier", 'identifier = "宛名番号"', 'identifier = "顔"', "unknown-item", 9, "顔"),
    instead("an invented kind", '"支援措置"]', '"支援措置", "引越し"]', "unknown-kind", 4, "引越し"),
    instead("always an invented kind", "always     = []", 'always     = ["結婚"]', "unknown-kind", 5),
    instead("an invented basis", '"庁内連携条例"]', '"庁内連携条例", "課長の了解"]', "unknown-basis", 3, "課長の了解"),
    instead("a misspelt key", "always     = []", "allways    = []", "unknown-key", 5, "allways"),
    instead("a key of its own", "always     = []", 'remark     = "臨時"', "unknown-key", 5, "remark"),
    instead("a key of its own in the period", "from = 2026-04-01", "from = 2026-04-01, extended = true", "unknown-key", 14),
    # what is of the wrong form
    instead("a basis as text", f"[{BOTH}]", '"庁内連携条例"', "bad-type", 3),
    instead("an item as a number", '"続柄"]', "7]", "bad-type", 6),
    instead("a mirror as text", "mirror     = true", 'mirror     = "yes"', "bad-type", 12),
    instead("an invented protection", '"deliver"', '"ignore"', "bad-value", 11, "suspend"),
    instead("an invented way", 'via        = "topic"', 'via        = "fax"', "bad-value", 13),
    instead("a day as text", "from = 2026-04-01", 'from = "2026-04-01"', "bad-type", 14),
    instead("a period without a first day", "from = 2026-04-01", "until = 2027-03-31", "missing-key", 14, "from"),
    instead("an approval without a day", "on = 2026-03-20, ", "", "missing-key", 15),
    instead("an approval without a reference", '"令和8年 決裁第123号"', '""', "empty-value", 15),
    instead("an age below zero", "age_from = 0", "age_from = -1", "bad-value", 10),
    instead("an age as text", "age_to = 18", 'age_to = "18"', "bad-type", 10),
    instead("a quote that is not closed", '"子ども政策課"', '"子ども政策課', "bad-toml", 1),
    instead("a key set twice", "always     = []", 'via        = "csv"', "bad-toml", 13),
    # what the law does not support
    with_items("an item that no basis permits", '"宛名番号", "戸籍の表示"', "item-not-permitted", "戸籍の表示", "住基法7(5)"),
    with_items("another section's item", '"宛名番号", "介護保険の資格事項"', "item-not-permitted", "庁内連携条例"),
    with_items("a derived item without its source", '"宛名番号", "日本国民か否か"', "derived-item-not-permitted", "国籍等"),
    Faulty("an item derived from the change, unnamed", ((f"[{BOTH}]", '["番号法9条1項別表81"]'),
           (ITEMS, '"個人番号", "消除年月日"'), ('identifier = "宛名番号"', 'identifier = "個人番号"')),
           "derived-item-not-permitted", 6, ("消除年月日", "the change")),
    Faulty("個人番号 on an ordinance alone", ((f"[{BOTH}]", '["庁内連携条例"]'), (ITEMS, '"宛名番号", "個人番号"')),
           "my-number-without-number-act", 6, ("番号法",), alone=False),
    with_items("住民票コード for a department", '"宛名番号", "住民票コード"', "juminhyo-code-for-department", "30条の37",
               alone=False),
    Faulty("住民票コード by way of files", ((ITEMS, '"宛名番号", "住民票コード"'), ('"topic"', '"csv"')),
           "juminhyo-code-for-department", 6, alone=False),
    instead("住民票コード as a condition", '["国籍等"]', '["住民票コード"]', "juminhyo-code-for-department", 7),
    instead("in force before its basis", "from = 2026-04-01", "from = 2025-05-01", "basis-not-in-force", 3,
            "番号法9条1項・別表81の項", alone=False),
    # what does not fit together
    instead("an identifier that is not told", '"宛名番号", "氏名"', '"氏名"', "identifier-not-among-items", 9),
    Faulty("an identifier that identifies nobody", (("identifier = \"宛名番号\"", "identifier = \"異動事由\""),
           (ITEMS, '"宛名番号", "異動事由"')), "bad-identifier", 9),
    with_items("an item twice", '"宛名番号", "氏名", "氏名"', "duplicate"),
    with_items("an item twice by two names", '"宛名番号", "続柄", "世帯主との続柄"', "duplicate"),
    instead("a basis twice", '"庁内連携条例"]', '"庁内連携条例", "庁内連携条例"]', "duplicate", 3),
    instead("a kind twice", '"支援措置"]', '"支援措置", "記載"]', "duplicate", 4),
    instead("always what is not heard", "always     = []", 'always     = ["個人番号カードの交付申請"]', "always-not-heard", 5),
    Faulty("a first load without a copy", (("mirror     = true", ""), ('"支援措置"]', '"支援措置", "初期登録"]')),
           "snapshot-without-mirror", 4),
    instead("a grant without a condition", "granted    = []",
            'granted    = [{ item = "転出先住所", by = "総務部法務", on = 2026-03-20, ref = "第9号" }]',
            "granted-not-conditional", 8, "転出先住所"),
    instead("a grant without an approval", "granted    = []", 'granted    = [{ item = "国籍等" }]', "missing-key", 8,
            alone=False),
    instead("a grant by name alone", "granted    = []", 'granted    = ["国籍等"]', "bad-type", 8),
    with_items("a conditional item without a grant", '"宛名番号", "国籍等"', "conditional-among-items", alone=False),
    instead("a population of nobody", "age_from = 0", "age_from = 19", "bad-population", 10),
    instead("an end before the beginning", "from = 2026-04-01", "from = 2026-04-01, until = 2026-03-31", "bad-period", 14),
    instead("approved afterwards", "on = 2026-03-20", "on = 2026-04-02", "approved-too-late", 15),
)  # fmt: skip
