"""One example per act: what a form looks like when it is filled in. The people, places and numbers are made up."""

from collections.abc import Mapping
from typing import Any

from producers.synthetic.numbers import Numbers

_NUMBERS = Numbers(0)
_HERE = {
    "municipality_code": "992011", "town": "例示台二丁目", "machiaza_id": "0002002", "number": "9番9号",
    "building": None, "postal_code": "9901002", "text": "見本県見本市例示台二丁目9番9号",
}  # fmt: skip
_ELSEWHERE = {"municipality_code": "992020", "town": "大字例", "number": "12番地", "text": "架空県仮名市大字例12番地"}
_ABROAD = {"text": "架空国仮名州"}
_JAPANESE = {
    "name": "例田　例子", "name_furigana": "レイダ　レイコ", "birth_date": "1990-02-03", "sex": "2",
    "my_number": _NUMBERS.my_number(1), "juminhyo_code": _NUMBERS.juminhyo_code(1),
    "honseki": "見本県見本市見本町一番地　例田　例蔵", "relationship_to_head": "世帯主",
}  # fmt: skip
_FOREIGN = {
    "name": "SAMPLE TEST A", "birth_date": "1995-07-08", "sex": "1", "nationality": "VNM",
    "art30_45_category": "中長期在留者", "residence_status": {"status": "留学", "period": "２年３月"},
    "residence_expiry": "2028-07-01", "residence_card_no": _NUMBERS.card_no(1), "relationship_to_head": "世帯主",
}  # fmt: skip
_CHANGE = "01980000-0000-7000-8000-000000000001"
_GROUND = "実態調査（住基法34条2項）"


def _example(act: str, **stated: Any) -> dict[str, Any]:
    return {"receipt": f"20260402-{act}", "act": act, "notified_on": "2026-04-02", **stated}


EXAMPLES: Mapping[str, Mapping[str, Any]] = {example["act"]: example for example in (
    _example("move-in", moved_on="2026-04-01", address=_HERE, previous_address=_ELSEWHERE, persons=[_JAPANESE],
             special={"card_presented": True, "planned_on": "2026-04-01"}),
    _example("move-in-abroad", moved_on="2026-04-01", address=_HERE, previous_address=_ABROAD, persons=[_FOREIGN]),
    _example("relocate", atena_nos=["2", "3"], moved_on="2026-04-01", address=_HERE, head="2", movers={"3": "子"}),
    _example("move-out", atena_nos=["1"], moves_on="2026-04-20", destination=_ELSEWHERE, new_head="2",
             relationships={"3": "子"}, special={"card_presented": True}),
    _example("move-out-abroad", atena_nos=["4"], moves_on="2026-04-20", destination=_ABROAD),
    _example("move-out-confirmed", atena_nos=["4"], moved_on="2026-04-01"),
    _example("move-out-due", atena_nos=["4"], moved_on="2026-04-01", abroad=True),
    _example("move-out-cancelled", atena_nos=["4"], decided_on="2026-04-02"),
    _example("birth", parent="2", child={
        "name": "見本　二葉", "name_furigana": "ミホン　フタバ", "birth_date": "2026-03-28", "sex": "2",
        "relationship_to_head": "子",
    }),
    _example("death", atena_no="1", died_on={"year": 2026, "month": 3, "day": None, "text": "令和8年3月頃"},
             new_head="2", relationships={"3": "子"}),
    _example("head-change", new_head="2", relationships={"1": "夫", "3": "子"}, changed_on="2026-04-01"),
    _example("household-split", atena_nos=["3"], head="3", changed_on="2026-04-01"),
    _example("household-merge", atena_nos=["4"], household_no="1", movers={"4": "弟"}, changed_on="2026-04-01"),
    _example("household-change", atena_nos=["3"], household_no="2", movers={"3": "姪"}, changed_on="2026-04-01"),
    _example("relationship-change", atena_nos=["3"], relationships={"3": "養子"}, changed_on="2026-04-01"),
    _example("ex-officio-entry", entered_on="2026-04-01", address=_HERE, persons=[_JAPANESE], ground=_GROUND),
    _example("ex-officio-delete", atena_nos=["4"], deleted_on="2026-04-01", ground=_GROUND),
    _example("ex-officio-correction", atena_nos=["1"], corrected_on="2026-04-01", items={"name": "例田　一号"},
             ground="戸籍の届出（住基法9条2項の通知）"),
    _example("minor-correction", atena_nos=["1", "2", "3"], corrected_on="2026-04-01", items={"address": _HERE},
             ground="住居表示の実施"),
    _example("naturalization", atena_no="5", changed_on="2026-04-01", name="例山　想太",
             name_furigana="レイヤマ　ソウタ", honseki="見本県見本市見本町二番地　例山　想太"),
    _example("nationality-lost", atena_no="4", changed_on="2026-04-01", name="DOE EXAMPLE B", nationality="PHL",
             art30_45_category="経過滞在者"),
    _example("residence-status", atena_no="5", changed_on="2026-04-01",
             items={"residence_status": {"status": "永住者", "period": None}, "residence_expiry": None}),
    _example("nationality-correction", atena_no="5", changed_on="2026-04-01", nationality="NPL"),
    _example("former-surname", atena_no="2", changed_on="2026-04-02", former_surname="仮名山"),
    _example("alias", atena_no="5", changed_on="2026-04-02", alias_name="見本　例次"),
    _example("furigana", atena_no="1", changed_on="2026-04-02", name_furigana="ミホン　イチゴウ"),
    _example("honseki-correction", atena_no="1", changed_on="2026-04-01",
             honseki="見本県見本市例示台三番地　見本　一号"),
    _example("my-number-entry", atena_no="6", changed_on="2026-04-02", my_number=_NUMBERS.my_number(2)),
    _example("my-number-request", atena_no="1", changed_on="2026-04-02", my_number=_NUMBERS.my_number(2)),
    _example("my-number-correction", atena_no="1", changed_on="2026-04-02", my_number=_NUMBERS.my_number(2)),
    _example("juminhyo-code-entry", atena_no="6", changed_on="2026-04-02", juminhyo_code=_NUMBERS.juminhyo_code(2)),
    _example("juminhyo-code-request", atena_no="1", changed_on="2026-04-02", juminhyo_code=_NUMBERS.juminhyo_code(2)),
    _example("qualification", atena_no="1", changed_on="2026-04-01",
             items={"nhi_qual": "資格取得", "pension_qual": None}),
    _example("electoral-roll", atena_no="1", changed_on="2026-04-01", electoral_roll="登録"),
    _example("card-request", atena_no="1", changed_on="2026-04-02"),
    _example("reissue", atena_no="1", changed_on="2026-04-02"),
    _example("protection-start", atena_nos=["2", "3"], category="配偶者暴力", starts_on="2026-04-02",
             other_parties=[{"atena_no": "1"}, {"name": "架空　架男", "birth_date": "1980-05-05"}]),
    _example("protection-extend", atena_nos=["7"], decided_on="2026-04-02"),
    _example("protection-end", atena_nos=["7"], decided_on="2026-04-02"),
    _example("cancel", change=_CHANGE, decided_on="2026-04-02", ground="誤った世帯への記載"),
    _example("restore", change=_CHANGE, decided_on="2026-04-02", ground="別の方の死亡届による消除"),
)}  # fmt: skip
