"""What the sixteen shipped contracts make of people's lives: who is told, in which state, and who is silent and why."""

# ruff: noqa: E501 - tables are read line by line, one subscriber's answer in each

from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.book import load
from contracts.change import Change
from contracts.kinds import kinds
from tests.contracts.agreed import ELSEWHERE, SOMEWHERE, outcome, told
from tests.people import change, in_household_of, my_number, record

BOOK = load()

# People as on the day of decision, 2026-04-02. An age is attained on the day before the birthday.
ADULT = record()  # 36 years, Japanese
CHILD = record(birth_date="2018-05-05", **in_household_of(2, "子"))
ELDER = record(birth_date="1951-05-05")
FOREIGN = record(nationality="KOR", residence_card_no="AA12345678BB", art30_45_category="中長期在留者",
                 residence_status={"status": "技術", "period": "3年"}, residence_expiry="2026-06-01")  # fmt: skip
BABY = record(birth_date="2026-04-01", **in_household_of(2, "子"))
SHUT = ADULT | {
    "protected": True,
    "dv_protection": {"category": "DV", "starts_on": "2026-04-02", "ends_on": "2027-04-01"},
}
TURNS_16, TURNS_17, TURNS_40 = (
    record(birth_date="2010-04-03"),
    record(birth_date="2009-04-03"),
    record(birth_date="1986-04-03"),
)

COPIES = (
    "intermediate-server convenience-store child-policy health-insurance tax welfare public-health disaster-prevention"
)
"""Who keeps a copy of everybody (3.2: G1 and G2 are heard by all of them): no population, 初期登録."""
NO_ADULT = "immigration elderly-care school-affairs"
"""Of a Japanese of 36 they know nothing: foreigners only, from 40, until 15."""
NO_FOREIGNER = "koseki-fuhyo elderly-care school-affairs elections"
"""Of a foreigner of 36: neither 戸籍 nor franchise, and not the age."""


@dataclass(frozen=True)
class Event:
    """One event in a life, and the answer of every contract to it."""

    title: str
    kind: str
    before: Any
    after: Any
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def happened(self) -> Change:
        return change(self.kind, self.before, self.after)


def event(title: str, kind: str, before: Any, after: Any, **answers: str) -> Event:
    """An event with the subscribers of each answer; every subscriber is named once."""
    named = [(name, answer.replace("_", "-")) for answer, names in answers.items() for name in names.split()]
    assert sorted(name for name, _ in named) == list(BOOK.contracts), title
    return Event(title, kind, before, after, dict(named))


LIFE = (
    # Entries (G1). Everybody who keeps a copy hears of them. A move inside the country is no matter for J-LIS: the number exists.
    # A child is in the 学齢簿, and neither insured for care nor an elector.
    event("a child moves in from another city", "MOVE_IN_DOMESTIC", None, CHILD,
          entered=f"prefecture previous-municipality koseki-fuhyo school-affairs {COPIES}",
          not_heard="jlis-delivery", outside="immigration elderly-care elections"),
    # The only notice to the previous municipality is that of 国内転入; of who comes from abroad there is none. First 個人番号: J-LIS.
    event("a foreigner moves in from abroad", "MOVE_IN_ABROAD", None, FOREIGN,
          entered=f"prefecture jlis-delivery immigration {COPIES}",
          not_heard="previous-municipality", outside=NO_FOREIGNER),
    # 出生: first 個人番号 for J-LIS, 附票 at the 本籍地; a baby is "until 15" though not yet of school age.
    event("a birth", "BIRTH", None, BABY,
          entered=f"prefecture koseki-fuhyo jlis-delivery school-affairs {COPIES}",
          not_heard="previous-municipality", outside="immigration elderly-care elections"),
    # Deletions (G2). The record before is told. 死亡 reaches the 本籍地 by 戸籍法, not as 附票記載事項通知.
    event("the death of an old man", "DEATH", ELDER, None,
          deleted=f"prefecture elderly-care elections {COPIES}",
          not_heard="previous-municipality koseki-fuhyo jlis-delivery", outside="immigration school-affairs"),
    # 国内転出: the new municipality notifies the 本籍地 of the address.
    event("moving out to another city", "MOVE_OUT_DOMESTIC", ADULT, None,
          deleted=f"prefecture elections {COPIES}",
          not_heard="previous-municipality koseki-fuhyo jlis-delivery", outside=NO_ADULT),
    # 国外転出: nobody else does.
    event("moving out to another country", "MOVE_OUT_ABROAD", ADULT, None,
          deleted=f"prefecture koseki-fuhyo elections {COPIES}",
          not_heard="previous-municipality jlis-delivery", outside=NO_ADULT),
    # Corrections (G3). 転居 alone is nothing for the 中間サーバー: 7条4号 has no address.
    event("moving within the city", "RELOCATE", ADULT | {"address": SOMEWHERE}, ADULT | {"address": ELSEWHERE},
          inside="prefecture koseki-fuhyo convenience-store child-policy health-insurance tax welfare public-health disaster-prevention elections",
          not_heard="previous-municipality jlis-delivery intermediate-server", outside=NO_ADULT),
    # 入管 hears of a foreigner's address, the 本籍地 and the electoral board of nothing.
    event("a foreigner moves within the city", "RELOCATE", FOREIGN | {"address": SOMEWHERE}, FOREIGN | {"address": ELSEWHERE},
          inside="prefecture immigration convenience-store child-policy health-insurance tax welfare public-health disaster-prevention",
          not_heard="previous-municipality jlis-delivery intermediate-server", outside=NO_FOREIGNER),
    # 旧氏 is in 本人確認情報 and on certificates; 防災 does not have it, so it does not hear that something happened.
    event("a former surname is entered", "FORMER_SURNAME_CHANGED", ADULT, ADULT | {"former_surname": "旧架空"},
          inside="prefecture convenience-store child-policy health-insurance tax welfare public-health elections",
          nothing_changed="disaster-prevention",
          not_heard="previous-municipality koseki-fuhyo jlis-delivery intermediate-server", outside=NO_ADULT),
    # 通称 likewise; 入管 has its own.
    event("a foreigner's alias is entered", "ALIAS_CHANGED", FOREIGN, FOREIGN | {"alias_name": "仮名"},
          inside="prefecture convenience-store child-policy health-insurance tax welfare public-health",
          nothing_changed="immigration disaster-prevention",
          not_heard="previous-municipality jlis-delivery intermediate-server", outside=NO_FOREIGNER),
    # Households (G4): never the prefecture, always the 中間サーバー; public-health and elections do not hear of them, school does.
    event("a child's household has another head", "HEAD_CHANGED", CHILD, CHILD | in_household_of(3, "子"),
          inside="intermediate-server convenience-store child-policy health-insurance tax welfare disaster-prevention school-affairs",
          not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery public-health",
          outside="immigration elderly-care elections"),
    event("the head's name is corrected", "HEAD_NAME_CORRECTED", ELDER | in_household_of(2, "父"),
          ELDER | in_household_of(2, "父") | {"household_head_name": "架空 改"},
          inside="intermediate-server convenience-store child-policy health-insurance elderly-care tax welfare",
          nothing_changed="disaster-prevention",  # it has who is head, not the head's name
          not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery public-health elections",
          outside="immigration school-affairs"),
    # 個人番号 (G5): the 中間サーバー re-links though it has no such item; the store has it only when granted, 防災 too, the board never.
    event("another 個人番号", "MY_NUMBER_CHANGE_REQUESTED", ADULT, ADULT | {"my_number": my_number(77)},
          inside="prefecture jlis-delivery intermediate-server child-policy health-insurance tax welfare public-health",
          nothing_changed="convenience-store",
          not_heard="previous-municipality koseki-fuhyo disaster-prevention elections", outside=NO_ADULT),
    # 住民票コード (G6): inaudible to every department, by its own kind and under the cover of another.
    event("another 住民票コード", "JUMIN_CODE_CHANGE_REQUESTED", ADULT, ADULT | {"juminhyo_code": "00000000077"},
          inside="prefecture", nothing_changed="convenience-store",
          not_heard="previous-municipality koseki-fuhyo jlis-delivery intermediate-server child-policy health-insurance tax welfare public-health disaster-prevention elections",
          outside=NO_ADULT),
    event("another 住民票コード as 職権修正", "EX_OFFICIO_CORRECTION", ADULT, ADULT | {"juminhyo_code": "00000000077"},
          inside="prefecture koseki-fuhyo",
          nothing_changed="convenience-store child-policy health-insurance tax welfare public-health disaster-prevention elections",
          not_heard="previous-municipality jlis-delivery intermediate-server", outside=NO_ADULT),
    # Foreigners (G7). 在留 is conditional for child-policy and welfare: not granted, so not even the event. 入管 is where it comes from.
    event("a residence status is renewed", "RESIDENCE_STATUS_UPDATED", FOREIGN,
          FOREIGN | {"residence_status": {"status": "永住者"}, "residence_expiry": None},
          inside="convenience-store health-insurance", nothing_changed="child-policy welfare",
          not_heard="prefecture previous-municipality jlis-delivery intermediate-server immigration tax public-health disaster-prevention",
          outside=NO_FOREIGNER),
    # 資格 (G8) is upstream: nobody hears of it, not even who has the item.
    event("a qualification is corrected", "QUALIFICATION_CHANGED", ADULT, ADULT | {"nhi_qual": "有"},
          not_heard=f"prefecture previous-municipality koseki-fuhyo jlis-delivery elections {COPIES}", outside=NO_ADULT),
    # 本籍 (G9): certificates alone. The 本籍地 knows its own 戸籍.
    event("the 戸籍の表示 is corrected", "HONSEKI_CORRECTED", ADULT, ADULT | {"honseki": "架空市仮町3番"},
          inside="convenience-store",
          not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery elections intermediate-server child-policy health-insurance tax welfare public-health disaster-prevention",
          outside=NO_ADULT),
    # 支援措置 (G10): every section that holds the address, and the 中間サーバー (自動応答不可); the store must forget; no other city, no state.
    event("a protection begins", "PROTECTION_STARTED", ADULT, SHUT,
          inside="intermediate-server child-policy health-insurance tax welfare public-health disaster-prevention elections",
          left="convenience-store", not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery", outside=NO_ADULT),
    event("a protected person moves within the city", "RELOCATE", SHUT | {"address": SOMEWHERE}, SHUT | {"address": ELSEWHERE},
          inside="prefecture koseki-fuhyo child-policy health-insurance tax welfare public-health disaster-prevention elections",
          not_heard="previous-municipality jlis-delivery intermediate-server", outside=f"convenience-store {NO_ADULT}"),
    event("a protection ends", "PROTECTION_ENDED", SHUT, ADULT,
          inside="intermediate-server child-policy health-insurance tax welfare public-health disaster-prevention elections",
          entered="convenience-store", not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery", outside=NO_ADULT),
    # Process (G11): 転出先 for those who send bills and judge the insured; to the others it is conditional or not theirs.
    event("an old man files his moving out", "MOVE_OUT_PLANNED", ELDER, ELDER | {"move_out_destination": ELSEWHERE},
          inside="health-insurance elderly-care tax",
          nothing_changed="convenience-store child-policy welfare public-health disaster-prevention elections",
          not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery intermediate-server", outside="immigration school-affairs"),
    # Naturalisation: two records of one person. The foreigner's goes, the national's comes; 入管 sees only the first, the board only the second.
    event("naturalisation: the foreigner's record goes", "DELETE_NATURALIZED", FOREIGN, None,
          deleted=f"prefecture immigration {COPIES}", not_heard="previous-municipality jlis-delivery", outside=NO_FOREIGNER),
    event("naturalisation: the national's record comes", "ENTRY_NATURALIZED", None, ADULT,
          entered=f"prefecture elections {COPIES}",
          not_heard="previous-municipality koseki-fuhyo jlis-delivery", outside=NO_ADULT),
    event("loss of nationality: the national's record goes", "DELETE_NATIONALITY_LOST", ADULT, None,
          deleted=f"prefecture elections {COPIES}",
          not_heard="previous-municipality koseki-fuhyo jlis-delivery", outside=NO_ADULT),
    event("loss of nationality: the foreigner's record comes", "ENTRY_NATIONALITY_LOST", None, FOREIGN,
          entered=f"prefecture immigration {COPIES}", not_heard="previous-municipality jlis-delivery", outside=NO_FOREIGNER),
    # 年齢到達等: every contract hears it; to whom nothing changes it says nothing.
    event("sixteen years", "POPULATION_REVIEW", TURNS_16, TURNS_16,
          left="school-affairs", nothing_changed=f"prefecture previous-municipality koseki-fuhyo jlis-delivery {COPIES}",
          outside="immigration elderly-care elections"),
    event("seventeen years", "POPULATION_REVIEW", TURNS_17, TURNS_17,
          entered="elections", nothing_changed=f"prefecture previous-municipality koseki-fuhyo jlis-delivery {COPIES}", outside=NO_ADULT),
    event("a foreigner's seventeen years", "POPULATION_REVIEW", FOREIGN | TURNS_17 | {"nationality": "KOR"}, FOREIGN | TURNS_17 | {"nationality": "KOR"},
          nothing_changed=f"prefecture previous-municipality jlis-delivery immigration {COPIES}", outside=NO_FOREIGNER),
    event("forty years", "POPULATION_REVIEW", TURNS_40, TURNS_40,
          entered="elderly-care", nothing_changed=f"prefecture previous-municipality koseki-fuhyo jlis-delivery elections {COPIES}",
          outside="immigration school-affairs"),
    # カード: J-LIS is told though no item differs; to everybody else it is nothing.
    event("a card is requested", "CARD_REQUESTED", ADULT, ADULT,
          inside="jlis-delivery", not_heard=f"prefecture previous-municipality koseki-fuhyo elections {COPIES}", outside=NO_ADULT),
    # 初期登録: those who keep a copy.
    event("the first load", "SNAPSHOT", None, ADULT,
          entered=f"elections {COPIES}", not_heard="prefecture previous-municipality koseki-fuhyo jlis-delivery", outside=NO_ADULT),
)  # fmt: skip


@pytest.mark.parametrize("event", LIFE, ids=lambda event: event.title)
def test_each_event_is_told_to_those_who_may_hear_of_it(event: Event) -> None:
    happened = event.happened
    assert {name: outcome(happened, contract) for name, contract in BOOK.contracts.items()} == event.answers


HOUSEHOLD = [kind.id for kind in kinds().values() if kind.group == "household"]


@pytest.mark.parametrize(
    "person", [ADULT, CHILD, ELDER, FOREIGN, SHUT], ids=["adult", "child", "elder", "foreign", "shut"]
)
@pytest.mark.parametrize("kind", HOUSEHOLD)
def test_a_household_alone_is_never_told_to_the_prefecture_and_always_to_the_intermediate_server(
    kind: str, person: dict[str, Any]
) -> None:
    happened = change(kind, person, person | in_household_of(9, "同居人"))
    assert outcome(happened, BOOK.contracts["prefecture"]) == "not-heard"
    assert outcome(happened, BOOK.contracts["intermediate-server"]) == "inside"


ONE_OF_THEM = {"immigration": FOREIGN, "elderly-care": ELDER, "school-affairs": CHILD}
"""Somebody of whom a contract is told, where it is not the adult."""
FIRST_HEARD = {"jlis-delivery": "MOVE_IN_ABROAD"}


def entering(name: str) -> Change:
    """The entry of somebody of whom the contract `name` is told."""
    return change(FIRST_HEARD.get(name, "MOVE_IN_DOMESTIC"), None, ONE_OF_THEM.get(name, ADULT))


@pytest.mark.parametrize("name", BOOK.contracts)
def test_exactly_the_items_of_the_contract_are_told(name: str) -> None:
    assert tuple(told(entering(name), BOOK.contracts[name]).items) == BOOK.contracts[name].items


NOT_TO_KNOW = {"prefecture", "previous-municipality", "koseki-fuhyo", "jlis-delivery", "immigration"}


@pytest.mark.parametrize("name", BOOK.contracts)
def test_the_flag_goes_to_those_who_may_know_of_protection(name: str) -> None:
    assert told(entering(name), BOOK.contracts[name]).protected is (None if name in NOT_TO_KNOW else False)


LAST_NOTICES = (
    ("convenience-store", change("PROTECTION_STARTED", ADULT, SHUT), ADULT),
    ("convenience-store", change("PROTECTION_STARTED", ADULT, ADULT | {"protected": True}), ADULT),
    ("school-affairs", change("POPULATION_REVIEW", TURNS_16, TURNS_16), TURNS_16),
)


@pytest.mark.parametrize(("name", "happened", "person"), LAST_NOTICES)
def test_a_last_notice_says_no_more_than_the_number_of_whom_it_means(
    name: str, happened: Change, person: dict[str, Any]
) -> None:
    last = told(happened, BOOK.contracts[name])
    assert (last.state, last.items, last.protected) == ("left", {"atena_no": person["atena_no"]}, None)


def test_the_electoral_board_learns_that_somebody_is_japanese_and_not_what_else_somebody_was() -> None:
    items = told(entering("elections"), BOOK.contracts["elections"]).items
    assert (items["is_japanese"], "nationality" in items) == (True, False)
