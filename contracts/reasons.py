"""The sentences of an explanation: what each rule of `decide` found, in words for the legal section.

A sentence names dates, kinds, statutory names of items and limits of a population. It never has a value of a record: of
an age it says on which side of a limit it lies, and no more.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from contracts.contract import Contract, Population
from contracts.dates import age
from contracts.decide import Registered, age_is_unknown, is_japanese, is_protected
from contracts.errors import Text

RULES: Final[Mapping[str, Text]] = {
    "not-in-force": Text("契約に効力がある日か", "is the contract in force?"),
    "outside": Text("対象者のことか", "is the person in the population?"),
    "not-heard": Text("知らせを受ける種類か", "does the contract hear the kind?"),
    "nothing-changed": Text("許された項目に変わりがあるか", "does a permitted item differ?"),
    "protected": Text("支援措置により控えることはないか", "does protection not forbid it?"),
    "disclosed": Text("許された項目を提供する", "the permitted items are told"),
}  # fmt: skip
"""The rules of `decide` by name, in their order, as questions; whoever answers the first five with yes is told."""

OUTCOMES: Final[Mapping[str, Text]] = {
    "entered": Text("知らせる：対象者に入った", "told: came into the population"),
    "inside": Text("知らせる：対象者の項目が変わった", "told: something changed of somebody inside"),
    "deleted": Text("知らせる：対象者が消除された", "told: somebody inside was removed from the register"),
    "left": Text("知らせる：対象者でなくなった", "told: left the population"),
    "not-in-force": Text("知らせない：契約に効力がない", "not told: the contract is not in force"),
    "outside": Text("知らせない：前後とも対象者でない", "not told: outside the population before and after"),
    "not-heard": Text("知らせない：知らせを受ける種類でない", "not told: the contract does not hear the kind"),
    "nothing-changed": Text("知らせない：許された項目に変わりがない", "not told: no permitted item differs"),
    "protected": Text("知らせない：支援措置の対象者", "not told: the person is protected"),
}  # fmt: skip
"""Every state and every silence."""

NOT_ASKED: Final = Text("前の規則で決まったので問わない", "not asked: an earlier rule has ended it")

IN_FORCE: Final = Text("効力は{period}。{on}はその間", "in force {period}; {on} is within")
NOT_YET: Final = Text("効力は{period}。{on}にはまだない", "in force {period}; not yet on {on}")
NO_LONGER: Final = Text("効力は{period}。{on}にはもうない", "in force {period}; no longer on {on}")
ON_TRIAL: Final = Text(
    "効力は{period}。{on}は試行（{shadow}から）の間で、判定して数えるが知らせない",
    "in force {period}; on {on} it is on trial (since {shadow}): decided and counted, and nobody is told",
)

MEMBERSHIP: Final = Text(
    "対象者は{population}。変更前の記録は{yesterday}の時点で{was}。変更後の記録は{on}の時点で{now}",
    "population: {population}. The record before, as of {yesterday}: {was}. The record after, as of {on}: {now}",
)
INSIDE: Final = Text("対象者", "inside")
OUTSIDE: Final = Text("対象外（{why}）", "outside ({why})")
NO_RECORD: Final = Text("記録がない", "there is no record")
SUSPENDED: Final = Text("支援措置の対象者で、この契約では対象外とする", "protected, and this contract suspends")
MAYBE_SUSPENDED: Final = Text(
    "支援措置の有無が記録になく、対象者として扱うので、この契約では対象外とする",
    "the record does not say whether protected and is treated as protected, and this contract suspends",
)
NOT_JAPANESE: Final = Text("日本国民でない", "not a Japanese national")
JAPANESE: Final = Text("日本国民である", "a Japanese national")
NO_AGE: Final = Text(
    "生年が不明で年齢を定められない。職員の判断を要する",
    "the year of birth is unknown, so there is no age: a person must decide",
)
TOO_YOUNG: Final = Text("満{age}歳未満", "below {age} completed years")
TOO_OLD: Final = Text("満{age}歳を超える", "above {age} completed years")

HEARD: Final = Text("「{kind}」は知らせを受ける種類", "{kind} is a kind that it hears")
WAIVED: Final = Text(
    "「{kind}」は知らせを受ける種類ではないが、修正により対象者に入った者と対象者でなくなった者は、種類を問わず知らせる",
    "{kind} is no kind that it hears, but who comes or goes through a 修正 is told of whatever the kind",
)
FOR_OTHERS: Final = Text("この「{kind}」は、ほかの提供先のためのもの", "this {kind} is for other contracts")
FOR_DEPARTMENTS: Final = Text("随時移転は庁内の課だけに行う", "an ad-hoc transfer goes to departments alone")
NOT_HEARD: Final = Text("「{kind}」は知らせを受ける種類（hears）にない", "{kind} is not among the kinds that it hears")

NOT_OF_INSIDE: Final = Text(
    "引き続き対象者である場合だけの規則で、ここでは問題にならない",
    "a rule for who was and is inside; it does not apply",
)
ALWAYS: Final = Text(
    "「{kind}」は、項目に変わりがなくても知らせる種類（always）", "{kind} is told even where no item differs (always)"
)
DIFFERS: Final = Text("変わった項目：{items}", "what differs: {items}")
NOTHING_DIFFERS: Final = Text(
    "許された項目は前後で同じ。異動があったという事実も知らせられない",
    "the permitted items are the same before and after; even that something happened may not be told",
)

DELIVERS: Final = Text(
    "支援措置の対象者についても知らせる契約（deliver）", "the contract also hears of who is protected (deliver)"
)
SUSPENDS: Final = Text(
    "支援措置の対象者は、この規則でなく対象者の規則で外れる契約（suspend）",
    "who is protected is outside the population, by the rule above (suspend)",
)
NOT_PROTECTED: Final = Text("支援措置の対象者でない", "the person is not protected")
WITHHELD: Final = Text(
    "支援措置の対象者で、この契約には知らせない（withhold）", "the person is protected, and this contract withholds"
)
MAYBE_WITHHELD: Final = Text(
    "支援措置の有無が記録になく、対象者として扱うので、この契約には知らせない（withhold）",
    "the record does not say whether protected and is treated as protected, and this contract withholds",
)

IDENTIFIER_ALONE: Final = Text(
    "識別項目「{identifier}」だけを、変更前の記録から知らせる",
    "the identifier {identifier} alone, from the record before",
)
DISCLOSED: Final = Text(
    "許された{count}項目を提供する。登録にないものは空（null）とする",
    "the {count} permitted items, null where the register has none",
)

TRANSFERRED: Final = Text(
    "許された項目のうち、決裁{order}による{count}項目を提供する。登録にないものは空（null）とする",
    "{count} of the permitted items, by order {order}; null where the register has none",
)

_FROM: Final = Text("満{age}歳以上", "from {age}")
_TO: Final = Text("満{age}歳以下", "up to {age} completed years")
_WHO: Final[Mapping[bool | None, Text]] = {
    None: Text("住民", "residents"),
    True: Text("日本国民", "Japanese nationals"),
    False: Text("外国人住民", "foreign residents"),
}


def period(since: date, until: date | None) -> Text:
    """First and last day in words."""
    if until is None:
        return Text(f"{since}から（期限なし）", f"from {since}, open-ended")
    return Text(f"{since}から{until}まで", f"from {since} until {until}")


def why_outside(record: Registered | None, contract: Contract, on: date) -> Text | None:
    """Why the person of `record` is not in the population on the day `on`; None for somebody inside."""
    if record is None:
        return NO_RECORD
    if contract.protected == "suspend" and is_protected(record):
        return SUSPENDED if record.get("protected") else MAYBE_SUSPENDED
    people = contract.population or Population()
    if people.japanese is not None and is_japanese(record) != people.japanese:
        return NOT_JAPANESE if people.japanese else JAPANESE
    return NO_AGE if age_is_unknown(record, contract) else _by_age(people, record, on)


def _by_age(people: Population, record: Registered, on: date) -> Text | None:
    years = age(record.get("birth_date"), on)
    if years is None:
        return None  # where it matters, it has been said that it is unknown
    if people.age_from is not None and years < people.age_from:
        return TOO_YOUNG.format(age=people.age_from)
    return TOO_OLD.format(age=people.age_to) if people.age_to is not None and years > people.age_to else None


def described(people: Population | None) -> Text:
    """Whom a contract concerns, in words."""
    if people is None or people == Population():
        return Text("住民全員", "everybody on the register")
    who = _WHO[people.japanese]
    ages = [limit.format(age=age) for limit, age in ((_FROM, people.age_from), (_TO, people.age_to)) if age is not None]
    if not ages:
        return who
    return Text("".join(each.ja for each in ages) + f"の{who.ja}", f"{who.en} {' '.join(each.en for each in ages)}")
