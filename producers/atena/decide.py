"""Whose number it is: pure, from what a system states and what is known.

1. A 宛名番号 that is new here: the number of whoever has this 個人番号; where nobody has it, or none is stated, a new
   one (合致する個人番号が存在しない場合に付番). Never by name. 2. A known 宛名番号 keeps its number, whatever else is
   stated of the person. 3. A 個人番号 that was not known before, or has replaced the known one, is taken down; if
   another number has it, the two are one person and become one number, unless 4. two persons have found that they are
   not, or 5. that would take a resident's number: then it needs a merge by two persons, except that the register
   itself may state it. 6. Another 個人番号 than the known one, with no word of a change, is somebody else's; the
   register needs no such word, and of residents it alone may say it. 7. What the register finds never to have been
   theirs is forgotten, and may be another's.
"""

from dataclasses import dataclass

from producers.atena.refusals import NumberRefused


@dataclass(frozen=True, slots=True)
class Holder:
    """A number in use, and what is known of its person."""

    number: str
    my_number: str | None
    is_resident: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """What is said of the 個人番号. `replaces`: the one it stands in the place of. `by_register`: it knows best.

    `corrects`: the known one was never theirs (where it was replaced, it remains a former one).
    """

    my_number: str | None
    replaces: str | None = None
    by_register: bool = False
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class Allot:
    """A new number."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The new 宛名番号 is of the person with this number."""

    number: str


@dataclass(frozen=True, slots=True)
class Known:
    """Nothing is new but perhaps 基本4情報."""

    number: str


@dataclass(frozen=True, slots=True)
class Learn:
    """The person with this number has the stated 個人番号 from now on; `absorbs` was known under it, and is them."""

    number: str
    absorbs: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """`absorbed` proves to be the person with `number`, whose 個人番号 is the stated one."""

    absorbed: str
    number: str


@dataclass(frozen=True, slots=True)
class Forget:
    """The person with this number has no 個人番号 that anybody knows of."""

    number: str


Step = Allot | Linked | Known | Learn | Join | Forget


def decide(stated: Stated, own: Holder | None, holder: Holder | None, *, apart: bool = False) -> Step:
    """`own`: whom the 宛名番号 is linked to; `holder`: whose the stated 個人番号 is or was.

    `apart`: two persons have found that these two are not one.
    """
    if own is None:
        return Allot() if holder is None else Linked(holder.number)
    if stated.my_number is None and stated.corrects and own.my_number is not None:
        return Forget(own.number)
    if stated.my_number is None or stated.my_number == own.my_number:
        return Known(own.number)
    if holder is not None and holder.number == own.number:  # a former one of theirs
        return Learn(own.number) if stated.by_register else Known(own.number)
    if not stated.by_register and not _may_state(stated, own):
        raise NumberRefused("other-my-number" if holder is None else "my-number-of-another", "my_number")
    if holder is None:
        return Learn(own.number)
    if apart:
        raise NumberRefused("proved-another", "my_number")
    return _joined(stated, own, holder)


def _may_state(stated: Stated, own: Holder) -> bool:
    """Whether another system than the register may say so: of a resident it may not say that it was replaced."""
    return own.my_number is None or (own.my_number == stated.replaces and not own.is_resident)


def _joined(stated: Stated, own: Holder, holder: Holder) -> Step:
    absorbed = own if own.my_number is None else holder
    if (own.is_resident and holder.is_resident) or (absorbed.is_resident and not stated.by_register):
        raise NumberRefused("needs-merge", "my_number")
    if absorbed is own:
        return Join(own.number, holder.number)
    if holder.my_number != stated.my_number:  # theirs once, and replaced since
        raise NumberRefused("my-number-of-another", "my_number")
    return Learn(own.number, holder.number)
