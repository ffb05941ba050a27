"""Every objection that a contract can meet: its closed code, and the sentence that says what is to be mended.

In Japanese for those who sign, in English for those who run it. In braces stand statutory names and articles, as the
contract and the law write them.
"""

from collections.abc import Mapping
from typing import Final

from contracts.errors import Text

OPEN: Final = Text("期限なし", "further notice")
"""The last day of what has none."""
THE_CHANGE: Final = Text("異動そのもの", "the change")

EMPTY: Final[Mapping[str, tuple[str, Text]]] = {
    "subscriber": ("no-subscriber", Text("提供先の課又はシステムの名称を書く", "name the receiving system or section")),
    "purpose": ("no-purpose", Text("利用目的を一つ書く", "state the one purpose (利用目的)")),
    "basis": ("no-basis", Text("law/bases.toml にある法令上の根拠を一つ以上挙げる", "cite at least one key of "
    "law/bases.toml")),
    "hears": ("no-kinds", Text(
        "知らせてよい異動の種類（記載、消除など）を挙げる", "name the kinds of change (記載, 消除, …) that it may "
        "hear")),
    "items": ("no-items", Text("提供してよい項目を挙げる", "name the items that it may have")),
    "identifier": ("no-identifier", Text(
        "最後の知らせに載せる識別項目を一つ挙げる", "name the item that a last notice carries")),
    "protected": ("no-protection-rule", Text(
        '支援措置の対象者の扱いを "deliver"（印を付けて提供）、"suspend"（対象外とする）、'
        '"withhold"（知らせない）から選ぶ',
        'state what is done for 支援措置: "deliver", "suspend" or "withhold"')),
    "via": ("no-way", Text("提供方法（via）を書く", "state how it is handed over")),
    "in_force": ("no-period", Text(
        "効力の期間を in_force = { from = 年-月-日 } と書く", "state in_force = { from = YYYY-MM-DD }")),
    "approved": ("no-approval", Text(
        '決裁を approved = { by = "…", on = 年-月-日, ref = "…" } と書く',
        'state approved = { by = "…", on = YYYY-MM-DD, ref = "…" } (決裁)')),
}  # fmt: skip
"""Keys that may not be missing or empty, with the code of the objection and what is to be written there."""

SENTENCES: Final[Mapping[str, Text]] = {
    "bad-name": Text(
        "ファイル名が契約の名前になる。英小文字の語をハイフンでつないだ60字以内の名前にする",
        "the name of the file is the contract's id: use lower-case words joined by hyphens, 60 letters at most"),
    "unknown-item": Text(
        "{key} にある「{name}」は law/items.toml の項目ではない。そこにある法令上の名称を使う",
        "{key} names {name}, which is no item of law/items.toml: use the statutory name that stands there"),
    "unknown-kind": Text(
        "{key} にある「{name}」は law/kinds.toml の異動の種類でも群でもない。そこにある名称を使う",
        "{key} names {name}, which is no kind or group of law/kinds.toml: use the name that stands there"),
    "duplicate": Text(
        "{key} に「{name}」が二度ある。一方を削る",
        "{key} names {name} twice: take one out"),
    "unknown-basis": Text(
        "根拠「{name}」は law/bases.toml にないか、そこでの記載に誤りがある。条項と出典を付けて加えるか、"
        "別の根拠を挙げる",
        "basis {name} is not in law/bases.toml, or is faulty there: add it with article and source, or cite another"),
    "basis-not-in-force": Text(
        "根拠「{name}」（{article}）の効力は{first}から{last}まで、契約の効力は{since}から{until}まで。"
        "契約の期間（in_force）を"
        "その内に収めるか、効力のある根拠を挙げる",
        "basis {name} ({article}) is in force from {first} until {last}, the contract from {since} until {until}: "
        "shorten in_force, or cite what is in force"),
    "purpose-not-of-basis": Text(
        "利用目的「{purpose}」は根拠「{name}」（{article}）の目的（{purposes}）にない。目的を根拠に合わせるか、"
        "この目的を定める根拠を挙げる",
        "the purpose {purpose} is none of the purposes of basis {name} ({article}: {purposes}): state the purpose "
        "as the "
        "basis does, or cite a basis for this purpose"),
    "item-not-permitted": Text(
        "「{name}」（{article}）の提供を許す根拠がない（挙げた根拠：{cited}）。許す根拠を挙げるか、{key} から削る",
        "{name} ({article}) is permitted by none of its bases ({cited}): cite a basis that permits it, "
        "or take it out of {key}"),
    "derived-item-not-permitted": Text(
        "「{name}」（{article}）は{sources}から導かれる項目で、挙げた根拠（{cited}）はこの項目を定めず、"
        "導出元の全てを許してもいない。"
        "この項目を定める根拠を挙げるか、{key} から削る",
        "{name} ({article}) is derived from {sources}; its bases ({cited}) neither name it nor permit all that it is "
        "derived from: cite a basis that names it, or take it out of {key}"),
    "my-number-without-number-act": Text(
        "「{name}」（住基法7条8号の2）に番号法上の根拠がない（番号法9条・19条）。許す番号法の条項を挙げるか、{key} "
        "から削る",
        "{name} (住基法7条8号の2) without a basis in the Number Act: cite the article of 番号法 that permits it, "
        "or take it out of {key}"),
    "juminhyo-code-for-department": Text(
        "「{name}」（住基法7条13号）は庁内の課には提供できない（提供方法 {via}、住基法30条の37・38）。{key} から削る",
        "{name} (住基法7条13号) is for no department (via {via}; 住基法30条の37・38): take it out of {key}"),
    "always-not-permitted": Text(
        "always にある「{name}」は、項目に変わりがなくても異動があった事実を知らせる。"
        "それを許す根拠がない（挙げた根拠：{cited}）。"
        "許す根拠（always）を挙げるか、always から削る",
        "always names {name}: that it happened would be told even where no permitted item differs, and none of its "
        "bases "
        "({cited}) permits that: cite a basis that does (its always), or take it out"),
    "reason-tells": Text(
        "「{name}」の異動を「異動事由」と共に知らせると、{known}に係る異動があったことが伝わるが、"
        "いずれもこの契約の項目になく、それを許す根拠も"
        "ない（挙げた根拠：{cited}）。項目に加えるか、hears から削るか、許す根拠（reasons）を挙げる",
        "to tell of {name} together with 異動事由 tells that something about {known} changed, but none of these is "
        "among the "
        "items, and none of its bases ({cited}) permits the reason: add an item, take it out of hears, or cite a "
        "basis that "
        "permits it (its reasons)"),
    "bad-identifier": Text(
        "「{name}」（{article}）は導かれる項目で、誰のことかを示さない。記録にある項目を挙げる",
        "{name} ({article}) is derived and identifies nobody: name an item of the record"),
    "identifier-not-among-items": Text(
        "識別項目「{name}」（{article}）が items にないので、最後の知らせが誰のことか提供先に分からない。items "
        "に加えるか、別の項目にする",
        "the identifier {name} ({article}) is not among its items, so that the subscriber could not know whom a last "
        "notice means: add it to items, or name another"),
    "always-not-heard": Text(
        "always にある「{name}」は、この契約が知らせを受ける種類（hears）にない。hears に加えるか、always から削る",
        "always names {name}, which the contract does not hear: add it to hears, or take it out"),
    "snapshot-without-mirror": Text(
        "hears に「{name}」があるが、写しを持つ契約ではない。mirror = true とするか、hears から削る",
        "hears names {name}, but the contract keeps no copy: set mirror = true, or take it out"),
    "granted-not-conditional": Text(
        "「{name}」が認められている（granted）が、この契約の条件付き項目（conditional）にない。conditional "
        "に加えるか、granted から削る",
        "{name} is granted, but not conditional in this contract: add it to conditional, or take the grant out"),
    "grant-before-approval": Text(
        "「{name}」は{since}から認められているが、その決裁は{on}。決裁の日以後から（from）とする",
        "{name} is granted from {since}, its approval is of {on}: let it begin (from) on the day of its approval or "
        "later"),
    "grant-outside-contract": Text(
        "「{name}」を認める期間（{since}から{until}まで）が契約の効力の期間と重ならない。期間（from、until）を正す",
        "{name} is granted from {since} until {until}, when the contract is not in force: correct from and until"),
    "conditional-among-items": Text(
        "「{name}」は条件付き項目で、それぞれの決裁を要する。items から削り、決裁を付けて granted に加える",
        "{name} is conditional and needs a grant with its own approval: take it out of items"),
    "bad-population": Text(
        "age_from が age_to より大きく、対象者がいない。入れ替える",
        "age_from is above age_to, so that nobody is in the population: exchange them"),
    "population-tells": Text(
        "対象者を{what}で限ると、知らせの有無だけで{what}が伝わるが、{what}を示す項目（{known}）がこの契約にない。"
        "項目に加えるか、"
        "対象者の限定を外す",
        "a population limited by {what} tells it by every notice, and by none; but the contract has none of the items "
        "that say so ({known}): add one to items, or take the limit out"),
    "protection-tells": Text(
        "protected = \"{rule}\" では、知らせの有無で支援措置が伝わるが、「支援措置」がこの契約の項目にない。"
        "項目に加えるか、deliver とする",
        'protected = "{rule}" tells of 支援措置 by what is told and what is not, but 支援措置 is not among the '
        'items: add it, '
        "or deliver"),
    "bad-period": Text(
        "効力の終わり（until）が始まり（from）より前。日付を正す",
        "in_force ends (until) before it begins (from): correct the dates"),
    "bad-shadow": Text(
        "試行の始まり（shadow_from {shadow}）が効力の始まり（{since}）より前でない。日付を正すか、shadow_from を削る",
        "the trial (shadow_from {shadow}) does not begin before the contract comes into force on {since}: correct "
        "it, or "
        "take shadow_from out"),
    "approved-too-late": Text(
        "決裁の日（{on}）が効力の始まり（{since}）より後。in_force.from を決裁の日以後にする",
        "approved on {on}, after it comes into force on {since}: move in_force.from behind the approval"),
    "same-purpose-twice": Text(
        "提供先「{subscriber}」と利用目的「{purpose}」が契約 {other} と同じで、期間が重なる。"
        "一つの提供先と一つの目的に契約は一つ。まとめるか、期間を分ける",
        "subscriber {subscriber} and purpose {purpose} are those of contract {other}, at the same time: one "
        "subscriber and "
        "one purpose have one contract; join them, or part their periods"),
}  # fmt: skip
"""The other objections, by code."""

FORM: Final[Mapping[str, Text]] = {
    "unknown-key": Text(
        "このファイルにないキー。綴りを正すか、削る", "is not a key of this file: correct its spelling or take it out"),
    "missing-key": Text("が欠けている。加える", "is missing: add it"),
    "bad-value": Text("は {expected} のいずれか", "must be one of {expected}"),
    "empty-value": Text("は空にできない。書く", "may not be empty: state it"),
    "bad-age": Text("は満年齢で0から200まで", "must be between 0 and 200 completed years"),
    "bad-type": Text("の型が違う（{wanted} とする）", "has the wrong type ({wanted} is wanted)"),
    "bad-encoding": Text("ファイルがUTF-8でない。UTF-8で保存する", "the file is not UTF-8: save it as UTF-8"),
    "too-large": Text(
        "ファイルが大きすぎる（256 KiBまで）。契約か法令のファイルかを確かめる",
        "the file is too large (256 KiB at most): see that it is a contract or the law"),
    "control-character": Text(
        "目に見えない文字（制御文字、書式文字、私用領域の文字など）がある。削る",
        "there is a character that nobody can see (control, format or private use): take it out"),
    "unreadable": Text("ファイルを読めない", "the file cannot be read"),
    "too-deep": Text("ファイルの入れ子が深すぎる", "the file is nested too deeply"),
    "bad-toml": Text(
        "この行はTOMLでない。引用符、括弧、読点、又は二度書かれたキーを確かめる",
        "this line is not TOML: look for a quote, a bracket or a comma, or a key that is set twice"),
    "closed-list": Text(
        "law/{name} がこの版のものと違う。項目と種類は閉じた一覧なので、このファイルを外す",
        "law/{name} differs from the one of this release: items and kinds are closed lists; take the file out"),
    "no-contract": Text(
        "ここに契約がない。契約を書くか、契約のあるフォルダーを指定する", "no contract here: write one, or name its "
        "folder"),
    "law-unknown-key": Text(
        "{key} はこのファイルのキーではない。[bases.…] だけを読む",
        "{key} is not a key of this file: only [bases.…] is read"),
    "law-unknown-item": Text(
        "根拠 {basis} が許す「{name}」は law/items.toml の項目ではない。そこにある名称を使う",
        "basis {basis} permits {name}, which is no item of law/items.toml: use the name that stands there"),
    "law-unknown-kind": Text(
        "根拠 {basis} の always にある「{name}」は law/kinds.toml の種類でも群でもない。そこにある名称を使う",
        "basis {basis} names {name} in always, which is no kind or group of law/kinds.toml: use the name that "
        "stands there"),
    "law-bad-period": Text(
        "根拠 {basis} は始まる前に終わる。in_force を正す", "basis {basis} ends before it begins: correct in_force"),
}  # fmt: skip
"""What files themselves can be wrong in."""
