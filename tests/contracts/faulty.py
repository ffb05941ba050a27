"""Faulty contracts as data: what is edited in the sound one, which objection it meets, in which line, in which words."""

# ruff: noqa: E501 - a catalogue is read line by line, one faulty contract in each

from collections.abc import Mapping
from dataclasses import dataclass

from tests.contracts.books import Edits

ITEMS = '"宛名番号", "氏名", "生年月日", "住所", "続柄"'
CITED = '"番号法9条1項別表81", "庁内連携条例", "庁内連携条例・子ども"'
APPROVED = 'approved   = { by = "総務部法務", on = 2026-03-20, ref = "令和8年 決裁第123号" }'
NUMBERED = 'identifier = "宛名番号"'
FROM = "from = 2026-04-01"
PEOPLE = "age_from = 0, age_to = 18"
KINDS = '["記載", "消除", "修正", "世帯", "個人番号", "支援措置"]'
TWIN: Edits = (("氏名", "男女の別"),)
"""What another contract for the same section may differ in without being for another purpose."""


def granted(**keys: str) -> str:
    """A grant for 国籍等, with its own approval; what is named in `keys` is written instead or as well."""
    terms = {"item": '"国籍等"', "by": '"総務部法務"', "on": "2026-03-20", "ref": '"第9号"'} | keys
    return "granted    = [{ " + ", ".join(f"{key} = {value}" for key, value in terms.items() if value) + " }]"


@dataclass(frozen=True)
class Faulty:
    """One faulty contract. `words` stand in the Japanese and in the English sentence; `codes`: all findings of the file.

    `name`: of its file. `beside`: a second contract, `akago`, that lies in the same folder: the sound one so edited.
    """

    title: str
    edits: Edits
    code: str
    line: int
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    name: str = "kosodate"
    beside: Edits | None = None

    @property
    def codes(self) -> list[str]:
        """Every finding that it meets, sorted."""
        return sorted((self.code, *self.others))


def with_items(title: str, items: str, code: str, *words: str, others: tuple[str, ...] = ()) -> Faulty:
    return Faulty(title, ((ITEMS, items),), code, 6, words, others)


def instead(title: str, old: str, new: str, code: str, line: int, *words: str, others: tuple[str, ...] = ()) -> Faulty:
    return Faulty(title, ((old, new),), code, line, words, others)


CATALOGUE = (
    # what is missing
    instead("no subscriber", 'subscriber = "子ども政策課"', "", "no-subscriber", 1, "subscriber"),
    instead("a blank purpose", '"児童手当の支給"', '" \u3000"', "no-purpose", 2, "purpose"),
    instead("an empty purpose", '"児童手当の支給"', '""', "no-purpose", 2, "利用目的"),
    instead("no basis", f"basis      = [{CITED}]", "", "no-basis", 1, "basis", "law/bases.toml"),
    instead("an empty basis", f"[{CITED}]", "[]", "no-basis", 3, "law/bases.toml"),
    instead("no kinds", f"hears      = {KINDS}", "", "no-kinds", 1, "hears", "記載"),
    instead("an empty list of kinds", KINDS, "[]", "no-kinds", 4, "消除"),
    instead("no items", f"items      = [{ITEMS}]", "", "no-items", 1, "items"),
    instead("an empty list of items", f"[{ITEMS}]", "[]", "no-items", 6, "items"),
    Faulty("no items, and a limit that would tell", ((f"[{ITEMS}]", "[]"), ('"deliver"', '"withhold"')), "no-items", 6),
    instead("no identifier", NUMBERED, "", "no-identifier", 1, "identifier"),
    instead("no rule for protected persons", 'protected  = "deliver"', "", "no-protection-rule", 1, "支援措置", '"withhold"'),
    instead("no way of handing over", 'via        = "topic"', "", "no-way", 1, "via"),
    instead("no period", f"in_force   = {{ {FROM} }}", "", "no-period", 1, "in_force = { from ="),
    instead("no approval", APPROVED, "", "no-approval", 1, "approved = { by ="),
    # what is not known
    with_items("an invented item", f'{ITEMS}, "マイナンバー"', "unknown-item", "マイナンバー", "items", "law/items.toml"),
    with_items("an id of the wire", f'{ITEMS}, "my_number"', "unknown-item", "my_number"),
    instead("an invented conditional item", '["国籍等"]', '["国籍等", "国籍の歴史"]', "unknown-item", 7, "conditional", "国籍の歴史"),
    instead("an invented identifier", NUMBERED, 'identifier = "顔"', "unknown-item", 9, "顔", "identifier"),
    Faulty("a grant of an invented item", (("granted    = []", granted(item='"顔"')),), "unknown-item", 8, ("顔", "granted"),
           ("granted-not-conditional",)),
    instead("an invented kind", '"支援措置"]', '"支援措置", "引越し"]', "unknown-kind", 4, "引越し", "hears", "law/kinds.toml"),
    instead("always an invented kind", "always     = []", 'always     = ["結婚"]', "unknown-kind", 5, "結婚", "always"),
    instead("an invented basis", f"[{CITED}]", f'[{CITED}, "課長の了解"]', "unknown-basis", 3, "課長の了解", "law/bases.toml"),
    instead("a misspelt key", "always     = []", "allways    = []", "unknown-key", 5, "allways"),
    instead("a key of its own", "always     = []", 'remark     = "臨時"', "unknown-key", 5, "remark"),
    instead("a key of its own in the period", FROM, f"{FROM}, extended = true", "unknown-key", 14, "in_force.extended"),
    instead("a key of its own among the people", PEOPLE, f"{PEOPLE}, ward = 3", "unknown-key", 10, "population.ward"),
    Faulty("a name in capitals", (), "bad-name", 1, name="Kosodate"),
    Faulty("a name in another script", (), "bad-name", 1, name="子ども"),
    # what is of the wrong form
    instead("a basis as text", f"[{CITED}]", '"庁内連携条例"', "bad-type", 3, "basis", "list"),
    instead("an item as a number", '"続柄"]', "7]", "bad-type", 6, "items.4", "string"),
    instead("a mirror as text", "mirror     = true", 'mirror     = "yes"', "bad-type", 12, "mirror", "bool"),
    instead("an invented protection", '"deliver"', '"ignore"', "bad-value", 11, "protected", "suspend"),
    instead("an invented way", 'via        = "topic"', 'via        = "fax"', "bad-value", 13, "via", "'rest'"),
    instead("a day as text", FROM, 'from = "2026-04-01"', "bad-type", 14, "in_force.from", "date"),
    instead("a period without a first day", FROM, "until = 2027-03-31", "missing-key", 14, "in_force.from"),
    instead("an approval without a day", "on = 2026-03-20, ", "", "missing-key", 15, "approved.on"),
    instead("an approval without a reference", '"令和8年 決裁第123号"', '""', "empty-value", 15, "approved.ref"),
    instead("an approval by nobody", 'by = "総務部法務"', 'by = " "', "empty-value", 15, "approved.by"),
    instead("a sample as text", "第123号\" }", '第123号", sample = "yes" }', "bad-type", 15, "approved.sample"),
    instead("an age below zero", "age_from = 0", "age_from = -1", "bad-value", 10, "population.age_from", "200"),
    instead("an age beyond all", "age_to = 18", "age_to = 201", "bad-value", 10, "population.age_to", "200"),
    instead("an age as text", "age_to = 18", 'age_to = "18"', "bad-type", 10, "population.age_to", "int"),
    instead("a nationality as text", PEOPLE, 'japanese = "yes"', "bad-type", 10, "population.japanese", "bool"),
    instead("a grant without an approval", "granted    = []", 'granted    = [{ item = "国籍等" }]', "missing-key", 8, "granted.0.by",
            others=("missing-key", "missing-key")),
    instead("a grant by name alone", "granted    = []", 'granted    = ["国籍等"]', "bad-type", 8, "granted.0"),
    instead("a grant with a key of its own", "granted    = []", granted(by='"係長"', for_="1"), "unknown-key", 8, "granted.0.for_"),
    instead("a trial from a day as text", "mirror     = true", 'shadow_from = "soon"', "bad-type", 12, "shadow_from", "date"),
    instead("a quote that is not closed", '"子ども政策課"', '"子ども政策課', "bad-toml", 1, "TOML"),
    instead("a key set twice", "always     = []", 'via        = "csv"', "bad-toml", 13, "TOML"),
    # what the law does not support: items
    with_items("an item that no basis permits", f'{ITEMS}, "戸籍の表示"', "item-not-permitted", "戸籍の表示", "住基法7(5)", "items"),
    with_items("another section's item", f'{ITEMS}, "介護保険の資格事項"', "item-not-permitted", "介護保険の資格事項", "庁内連携条例"),
    with_items("an item of the tax section's row", f'{ITEMS}, "住所を定めた旨の届出の年月日"', "item-not-permitted", "庁内連携条例・子ども"),
    Faulty("a grant of what no basis permits", (('["国籍等"]', '["介護保険の資格事項"]'), ("granted    = []", granted(item='"介護保険の資格事項"'))),
           "item-not-permitted", 8, ("介護保険の資格事項", "granted")),
    Faulty("the same item under its other name", ((ITEMS, f'{ITEMS}, "本籍"'),), "item-not-permitted", 6, ("本籍", "住基法7(5)")),
    with_items("a derived item without its source", f'{ITEMS}, "日本国民か否か"', "derived-item-not-permitted", "国籍等", "導出"),
    Faulty("an item derived from the change, unnamed", ((f"[{CITED}]", '["番号法9条1項別表81"]'), (PEOPLE, ""),
           (ITEMS, '"個人番号", "消除年月日"'), (NUMBERED, 'identifier = "個人番号"')),
           "derived-item-not-permitted", 6, ("消除年月日", "住基法8・令30の5(2)")),
    Faulty("個人番号 on an ordinance alone", ((f"[{CITED}]", '["庁内連携条例", "庁内連携条例・子ども"]'), (ITEMS, f'{ITEMS}, "個人番号"')),
           "my-number-without-number-act", 6, ("個人番号", "住基法7条8号の2")),
    Faulty("個人番号 granted on an ordinance alone", ((f"[{CITED}]", '["庁内連携条例"]'), ('["国籍等"]', '["個人番号"]'),
           ("granted    = []", granted(item='"個人番号"'))), "my-number-without-number-act", 8, ("granted",)),
    with_items("住民票コード for a department", f'{ITEMS}, "住民票コード"', "juminhyo-code-for-department", "住基法30条の37・38", "topic",
               others=("item-not-permitted",)),
    Faulty("住民票コード by way of files", ((ITEMS, f'{ITEMS}, "住民票コード"'), ('"topic"', '"csv"')),
           "juminhyo-code-for-department", 6, ("csv",), ("item-not-permitted",)),
    Faulty("住民票コード by way of a query", ((ITEMS, f'{ITEMS}, "住民票コード"'), ('"topic"', '"rest"')),
           "juminhyo-code-for-department", 6, ("rest",), ("item-not-permitted",)),
    instead("住民票コード as a condition", '["国籍等"]', '["国籍等", "住民票コード"]', "juminhyo-code-for-department", 7, "conditional"),
    # what the law does not support: bases, purposes, days
    instead("in force before its bases", FROM, "from = 2025-05-01", "basis-not-in-force", 3, "番号法9条1項・別表81の項", "2025-06-20",
            others=("approved-too-late",)),
    instead("the purpose of another section", '"児童手当の支給"', '"介護保険及び老人福祉の事務"', "purpose-not-of-basis", 3,
            "介護保険及び老人福祉の事務", "番号法9条1項・別表81の項", "児童手当の支給", others=("purpose-not-of-basis",)),
    instead("a purpose that no basis has", '"児童手当の支給"', '"統計"', "purpose-not-of-basis", 3, "統計", others=("purpose-not-of-basis",) * 2),
    instead("the row of another section", f"[{CITED}]", f'[{CITED}, "庁内連携条例・税"]', "purpose-not-of-basis", 3,
            "庁内連携条例・税", "地方税の賦課及び徴収"),
    # what would be told by the back door
    instead("the mere occurrence, without a basis", "always     = []", 'always     = ["世帯"]', "always-not-permitted", 5, "世帯", "庁内連携条例"),
    instead("ages without the birth date", ITEMS, '"宛名番号", "氏名", "住所", "続柄"', "population-tells", 10, "生年月日"),
    Faulty("a lowest age alone", ((PEOPLE, "age_from = 65"), (ITEMS, '"宛名番号"')), "population-tells", 10, ("生年月日",)),
    Faulty("a highest age alone", ((PEOPLE, "age_to = 15"), (ITEMS, '"宛名番号"')), "population-tells", 10, ("生年月日",)),
    instead("nationals without their nationality", PEOPLE, "japanese = true", "population-tells", 10, "国籍等", "日本国民か否か", "戸籍の表示"),
    instead("foreigners without their nationality", PEOPLE, "japanese = false", "population-tells", 10, "国籍等"),
    Faulty("a limit of which the item is conditional", ((PEOPLE, "japanese = true"), ("granted    = []", granted())),
           "population-tells", 10, ("国籍等",)),
    instead("suspended without knowing why", '"deliver"', '"suspend"', "protection-tells", 11, '"suspend"', "支援措置"),
    instead("withheld without knowing why", '"deliver"', '"withhold"', "protection-tells", 11, '"withhold"', "支援措置"),
    # what does not fit together
    instead("an identifier that is not told", '"宛名番号", "氏名"', '"氏名"', "identifier-not-among-items", 9, "宛名番号", "住民記録システム付番"),
    Faulty("an identifier that identifies nobody", ((NUMBERED, 'identifier = "異動事由"'), (ITEMS, f'{ITEMS}, "異動事由"')),
           "bad-identifier", 9, ("異動事由", "規則11条"), others=("reason-tells", "reason-tells")),
    Faulty("a reason that tells of a number that is not told", ((KINDS, '["記載", "個人番号"]'), (ITEMS, f'{ITEMS}, "異動事由"')),
           "reason-tells", 4, ("個人番号", "異動事由", "hears")),
    Faulty("a reason that tells of a protection", ((KINDS, '["記載", "支援措置の開始"]'), (ITEMS, f'{ITEMS}, "異動事由"')),
           "reason-tells", 4, ("支援措置の開始", "支援措置")),
    instead("a character that writes on the terminal", '"児童手当の支給"', '"児童手当\\u001b[31mの支給"', "control-character", 2),
    instead("a character of no width", 'subscriber = "子ども政策課"', 'subscriber = "子ども政策課\u200b"', "control-character", 1),
    instead("a name that is nothing", f"[{ITEMS}]", f'[{ITEMS}, ""]', "unknown-item", 6, "items"),
    instead("a name of a blank", '["国籍等"]', '["国籍等", "\u3000"]', "unknown-item", 7, "conditional"),
    instead("a number without an end", PEOPLE, f"age_from = {'9' * 5000}", "bad-toml", 15),
    Faulty("a second contract in other code points", (("子ども政策課", "⼦ども政策課"),), "same-purpose-twice", 2, ("akago",), beside=()),
    with_items("an item twice", f'{ITEMS}, "氏名"', "duplicate", "氏名", "items"),
    with_items("an item twice by two names", f'{ITEMS}, "世帯主との続柄"', "duplicate", "世帯主との続柄"),
    instead("a basis twice", f"[{CITED}]", f'[{CITED}, "庁内連携条例"]', "duplicate", 3, "庁内連携条例", "basis"),
    instead("a kind twice", '"支援措置"]', '"支援措置", "記載"]', "duplicate", 4, "記載", "hears"),
    instead("a condition twice", '["国籍等"]', '["国籍等", "国籍・地域"]', "duplicate", 7, "国籍・地域", "conditional"),
    instead("a grant twice", "granted    = []", granted()[:-1] + ", " + granted()[14:], "duplicate", 8, "国籍等", "granted"),
    instead("always what is not heard", "always     = []", 'always     = ["個人番号カードの交付申請"]', "always-not-heard", 5,
            "個人番号カードの交付申請", "hears", others=("always-not-permitted",)),
    Faulty("a first load without a copy", (("mirror     = true", ""), ('"支援措置"]', '"支援措置", "初期登録"]')),
           "snapshot-without-mirror", 4, ("初期登録", "mirror = true")),
    instead("a grant without a condition", "granted    = []", granted(item='"転出先住所"'), "granted-not-conditional", 8, "転出先住所", "conditional"),
    instead("granted before it is approved", "granted    = []", granted(on="2026-06-01", **{"from": "2026-05-31"}), "grant-before-approval", 8,
            "国籍等", "2026-05-31", "2026-06-01"),
    Faulty("granted when the contract has ended", ((FROM, f"{FROM}, until = 2026-12-31"), ("granted    = []", granted(on="2027-01-01"))),
           "grant-outside-contract", 8, ("国籍等", "2027-01-01")),
    instead("a grant that ended before the contract began", "granted    = []", granted(until="2026-03-31"), "grant-outside-contract", 8,
            "国籍等", "2026-03-20", "2026-03-31"),
    instead("a grant that ends before it begins", "granted    = []", granted(on="2026-06-01", until="2026-05-31"), "grant-outside-contract", 8,
            "2026-06-01", "2026-05-31"),
    with_items("a conditional item without a grant", f'{ITEMS}, "国籍等"', "conditional-among-items", "国籍等",
               others=("item-not-permitted",)),
    instead("a population of nobody", "age_from = 0", "age_from = 19", "bad-population", 10, "age_from", "age_to"),
    instead("an end before the beginning", FROM, f"{FROM}, until = 2026-03-31", "bad-period", 14, "until", "from"),
    instead("a trial from the first day in force", "mirror     = true", "shadow_from = 2026-04-01", "bad-shadow", 12, "shadow_from", "2026-04-01"),
    instead("a trial after the first day in force", "mirror     = true", "shadow_from = 2026-05-01", "bad-shadow", 12, "2026-05-01", "2026-04-01"),
    instead("approved afterwards", "on = 2026-03-20", "on = 2026-04-02", "approved-too-late", 15, "2026-04-02", "2026-04-01", "in_force.from"),
    Faulty("a second contract for the same purpose", TWIN, "same-purpose-twice", 2, ("子ども政策課", "児童手当の支給", "akago"), beside=()),
    Faulty("a second contract from the other's last day", ((FROM, "from = 2027-03-31"),), "same-purpose-twice", 2, ("akago",),
           beside=((FROM, f"{FROM}, until = 2027-03-31"),)),
    Faulty("a second contract with blanks around its purpose", (('"児童手当の支給"', '" 児童手当の支給 "'),), "same-purpose-twice", 2, ("akago",), beside=()),
)  # fmt: skip

MEND: Mapping[str, tuple[str, str]] = {
    "no-subscriber": ("名称を書く", "name the receiving system"), "no-purpose": ("一つ書く", "state the one purpose"),
    "no-basis": ("根拠を一つ以上挙げる", "cite at least one"), "no-kinds": ("種類（記載、消除など）を挙げる", "name the kinds"),
    "no-items": ("項目を挙げる", "name the items"), "no-identifier": ("識別項目を一つ挙げる", "name the item"),
    "no-protection-rule": ("から選ぶ", "state what is done"), "no-way": ("提供方法（via）を書く", "state how"),
    "no-period": ("と書く", "state in_force"), "no-approval": ("と書く", "state approved"),
    "bad-name": ("名前にする", "use lower-case words"), "unknown-item": ("名称を使う", "use the statutory name"),
    "unknown-kind": ("名称を使う", "use the name"), "duplicate": ("一方を削る", "take one out"),
    "unknown-basis": ("別の根拠を挙げる", "cite another"), "basis-not-in-force": ("効力のある根拠を挙げる", "cite what is in force"),
    "purpose-not-of-basis": ("この目的を定める根拠を挙げる", "cite a basis for this purpose"),
    "item-not-permitted": ("許す根拠を挙げるか", "cite a basis that permits it"),
    "derived-item-not-permitted": ("この項目を定める根拠を挙げるか", "cite a basis that names it"),
    "my-number-without-number-act": ("番号法の条項を挙げるか", "cite the article of 番号法"),
    "juminhyo-code-for-department": ("から削る", "take it out"), "always-not-permitted": ("always から削る", "take it out"),
    "bad-identifier": ("記録にある項目を挙げる", "name an item of the record"),
    "identifier-not-among-items": ("items に加えるか", "add it to items"), "always-not-heard": ("hears に加えるか", "add it to hears"),
    "snapshot-without-mirror": ("mirror = true とするか", "set mirror = true"),
    "granted-not-conditional": ("conditional に加えるか", "take the grant out"),
    "grant-before-approval": ("決裁の日以後から", "on the day of its approval or later"),
    "grant-outside-contract": ("期間（from、until）を正す", "correct from and until"),
    "conditional-among-items": ("決裁を付けて granted に加える", "take it out of items"), "bad-population": ("入れ替える", "exchange them"),
    "population-tells": ("項目に加えるか", "add one to items"), "protection-tells": ("deliver とする", "or deliver"),
    "bad-period": ("日付を正す", "correct the dates"), "bad-shadow": ("日付を正すか", "correct it"),
    "approved-too-late": ("決裁の日以後にする", "behind the approval"), "same-purpose-twice": ("期間を分ける", "part their periods"),
    "unknown-key": ("削る", "take it out"), "missing-key": ("加える", "add it"), "bad-value": ("は", "must be"), "empty-value": ("書く", "state it"),
    "reason-tells": ("項目に加えるか", "add an item"), "control-character": ("削る", "take it out"),
    "bad-type": ("とする", "is wanted"), "bad-toml": ("確かめる", "look for"),
}  # fmt: skip
"""What each objection says is to be mended, by code, in Japanese and in English."""
