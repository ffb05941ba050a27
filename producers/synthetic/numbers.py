"""Made-up numbers: unique without remembering any, with valid check digits, the same for the same seed.

A number is its index, shuffled: multiplied by a constant that shares no factor with the range, and shifted by the seed.
個人番号 of made-up people begin with 009: no range is set aside for tests, so this is ours, and the README says so.
The 住民票コード has no public formula; ours are recognisable: they begin with 00 and end with the sum of their
digits modulo 10. Municipality codes begin with 99, a prefecture that does not exist.
"""

from dataclasses import dataclass

from contracts.identifiers import municipality_check, my_number_check

MY_NUMBER_RANGE = "009"
_MY_NUMBERS = 10**8
_JUMIN_CODES = 10**8
_STEP = 61_803_398_873  # ends in 3: shares no factor with a power of ten
_SHIFT = 27_182_818_283


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers by index; two different indexes below 10^8 never share one."""

    seed: int

    def my_number(self, index: int) -> str:
        """個人番号: the range, eight shuffled digits and their check digit."""
        eleven = f"{MY_NUMBER_RANGE}{(index * _STEP + self.seed * _SHIFT + 1) % _MY_NUMBERS:08d}"
        return eleven + my_number_check(eleven)

    def juminhyo_code(self, index: int) -> str:
        """住民票コード of the made-up scheme."""
        ten = f"00{(index * _STEP + self.seed * _SHIFT + 7) % _JUMIN_CODES:08d}"
        return ten + juminhyo_check(ten)

    def card_no(self, index: int) -> str:
        """在留カード番号, in its form of two letters, eight digits, two letters; ZZ is issued nowhere."""
        return f"ZZ{(index * _STEP + self.seed) % _JUMIN_CODES:08d}ZZ"


def juminhyo_check(ten: str) -> str:
    """The check digit of the made-up scheme: sum of the digits modulo 10. Not the real formula, which is not public."""
    return str(sum(map(int, ten)) % 10)


def juminhyo_code_ok(code: str) -> bool:
    """Whether a 住民票コード is one of the made-up scheme; fits `contracts.identifiers.JuminhyoCheck`."""
    return len(code) == 11 and code.startswith("00") and juminhyo_check(code[:10]) == code[10]


def municipality(five: str) -> str:
    """全国地方公共団体コード of a municipality that does not exist: 99xxx and the check digit."""
    return five + municipality_check(five)


def atena_no(index: int) -> str:
    """宛名番号 of the resident with this index."""
    return f"{index + 1:010d}"


def household_no(index: int) -> str:
    """世帯番号 of the household with this index."""
    return f"{index + 1:010d}"


def togo_atena_no(index: int) -> str:
    """団体内統合宛名番号 of the resident with this index."""
    return f"9{index + 1:011d}"
