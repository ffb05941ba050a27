"""Whose number it is, rule by rule, in memory."""

import pytest

from producers.atena.decide import Allot, Forget, Holder, Join, Known, Learn, Linked, Stated, decide
from producers.atena.refusals import SENTENCES, NumberRefused
from tests.people import my_number

X, Y = my_number(1), my_number(2)
ONE, ONE_X, ONE_Y = Holder("1", None), Holder("1", X), Holder("1", Y)
TWO_X, TWO_Y = Holder("2", X), Holder("2", Y)
RESIDENT, RESIDENT_X = Holder("1", None, is_resident=True), Holder("2", X, is_resident=True)
RESIDENT_Y = Holder("1", Y, is_resident=True)


def by_register(my_number, **more):
    return Stated(my_number, by_register=True, **more)


@pytest.mark.parametrize(
    ("stated", "own", "holder", "step"),
    [
        pytest.param(Stated(None), None, None, Allot(), id="nobody has it: allotted"),
        pytest.param(Stated(X), None, None, Allot(), id="a 個人番号 that nobody has: allotted"),
        pytest.param(Stated(X), None, TWO_X, Linked("2"), id="somebody has it: linked to them"),
        pytest.param(Stated(X), None, TWO_Y, Linked("2"), id="somebody had it until it was replaced: them"),
        pytest.param(Stated(None), ONE_X, None, Known("1"), id="known, none stated"),
        pytest.param(Stated(X), ONE_X, ONE_X, Known("1"), id="the same again"),
        pytest.param(Stated(Y), ONE_X, ONE_X, Known("1"), id="a former one of theirs"),
        pytest.param(Stated(X), ONE, None, Learn("1"), id="not known before"),
        pytest.param(Stated(X), ONE, TWO_X, Join("1", "2"), id="they prove to be somebody known"),
        pytest.param(Stated(X, replaces=Y), ONE_Y, None, Learn("1"), id="it has replaced theirs"),
        pytest.param(Stated(X, replaces=Y), ONE_Y, TWO_X, Learn("1", "2"), id="replaced, and known under the new one"),
        pytest.param(Stated(X, replaces=Y), ONE_X, ONE_X, Known("1"), id="a change that was told before"),
        pytest.param(by_register(X), ONE_Y, None, Learn("1"), id="the register needs no word of a change"),
        pytest.param(by_register(X), ONE_X, ONE_X, Known("1"), id="the register says the same"),
        pytest.param(by_register(X), ONE_Y, ONE_Y, Learn("1"), id="the register takes a change back"),
        pytest.param(by_register(X), RESIDENT, TWO_X, Join("1", "2"), id="the register may take a resident's number"),
        pytest.param(by_register(None), ONE_X, None, Known("1"), id="the register does not say"),
        pytest.param(by_register(None, corrects=True), ONE_X, None, Forget("1"), id="it never was theirs"),
    ],
)
def test_a_number_is_given_by_the_my_number_alone(stated, own, holder, step):
    assert decide(stated, own, holder) == step


@pytest.mark.parametrize(
    ("stated", "own", "holder", "code"),
    [
        pytest.param(Stated(X), ONE_Y, None, "other-my-number", id="another one, and no word of a change"),
        pytest.param(Stated(X), ONE_Y, TWO_X, "my-number-of-another", id="somebody else's"),
        pytest.param(Stated(X, replaces=Y), RESIDENT_Y, None, "other-my-number", id="of residents it is the register"),
        pytest.param(Stated(X), RESIDENT, TWO_X, "needs-merge", id="a resident's number is not taken by a department"),
        pytest.param(Stated(X, replaces=Y), ONE_Y, RESIDENT_X, "needs-merge", id="nor absorbed"),
        pytest.param(by_register(X), RESIDENT, RESIDENT_X, "needs-merge", id="two residents are joined by persons"),
        pytest.param(by_register(X), RESIDENT_Y, RESIDENT_X, "needs-merge", id="also where it has replaced another"),
        pytest.param(Stated(X, replaces=Y), ONE_Y, Holder("2", my_number(3)), "my-number-of-another",
                     id="theirs once, and replaced since"),
    ],
)  # fmt: skip
def test_what_would_join_two_persons_is_refused(stated, own, holder, code):
    with pytest.raises(NumberRefused) as refused:
        decide(stated, own, holder)
    assert (refused.value.code, refused.value.place) == (code, "my_number")
    assert code in SENTENCES


@pytest.mark.parametrize("stated", [Stated(X), by_register(X), Stated(X, replaces=Y)])
@pytest.mark.parametrize("own", [ONE, ONE_Y])
def test_whom_two_persons_took_apart_no_my_number_joins_again(stated, own):
    with pytest.raises(NumberRefused, match=r"proved-another|my-number-of-another"):
        decide(stated, own, TWO_X, apart=True)
