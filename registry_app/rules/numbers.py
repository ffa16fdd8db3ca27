"""How pages write numbers: four significant digits, one number of decimals in a column, a true minus sign."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

Number = int | float | Decimal

DIGITS = 4  # significant
SMALL, LARGE = Decimal(10) ** -5, Decimal(10) ** 9  # what is smaller or larger is written with a power of ten
MINUS = "\N{MINUS SIGN}"
PER_CENT = "\N{NO-BREAK SPACE}%"
TIMES_FROM = 1000  # per cent: from here on a change is written as a factor
UNITS = ("kB", "MB", "GB", "TB", "PB", "EB", "ZB")  # powers of 1,000 bytes


class NumberColumn(NamedTuple):
    """How the numbers of one column are written: all with these decimals, as far as they fit."""

    decimals: int

    def text(self, value: Number) -> str:
        """`value` as it stands in the column."""
        return _signed(self._text(exact(value)))

    def delta(self, value: Number, base: Number) -> str:
        """The difference of `value` to `base`, always with its sign; 0 where they are the same."""
        difference = exact(value) - exact(base)
        if not difference:
            return "0"
        return ("+" if difference > 0 else MINUS) + self._text(abs(difference)).replace("-", MINUS)

    def _text(self, number):
        if not _is_ordinary(number) or (number and not round(number, self.decimals)):
            return _power(number)
        return f"{number:,.{self.decimals}f}"


def exact(value: Number) -> Decimal:
    """The number that `value` is written as. It never overflows, and has no negative zero."""
    return Decimal(repr(value) if isinstance(value, float) else value) + 0


def number_column(values: Iterable[Number]) -> NumberColumn:
    """The NumberColumn for these values: the largest has four digits, and no decimal is zero in all of them."""
    numbers = [number for number in map(exact, values) if number and _is_ordinary(number)]
    if not numbers:
        return NumberColumn(0)
    most = max(0, DIGITS - 1 - max(map(abs, numbers)).adjusted())
    return NumberColumn(max(_decimals(number, most) for number in numbers))


def same_numbers(values: Iterable[Number]) -> bool:
    """Whether all of them are the same number, as far as they can be told apart."""
    return len(set(map(exact, values))) < 2


def number_text(value: Number) -> str:
    """`value` by itself."""
    return number_column([value]).text(value)


def full_text(value: Number) -> str:
    """`value` with all its digits."""
    return _signed(str(exact(value) if isinstance(value, float) else value))


def per_cent(value: Number, base: Number) -> str:
    """The change from `base` to `value` in per cent, from TIMES_FROM on as a factor; "" where neither makes sense."""
    new, old = exact(value), exact(base)
    if new == old or old == 0 or ((new < 0) != (old < 0) and new != 0):
        return ""
    share = (new - old) / abs(old) * 100
    if abs(share) < TIMES_FROM:
        return _signed(f"{share:+.1f}") + PER_CENT
    return f"×{number_column([]).text(round(new / old))}"


def size_text(size: int, files: int) -> str:
    """A size in bytes of so many files; without a file it isn't known."""
    if not files:
        return "Unknown"
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    power = next(power for power in range(1, len(UNITS) + 1) if round(Decimal(size) / 1000**power, 1) < 1000)
    return f"{Decimal(size) / 1000**power:.1f}\N{NO-BREAK SPACE}{UNITS[power - 1]}"


def _is_ordinary(number):
    return not number or SMALL <= abs(number) < LARGE


def _decimals(number, most):
    """How many decimals `number` has, of at most `most`, without zeros at the end."""
    return max(0, -round(number, most).normalize().as_tuple().exponent)


def _power(number):
    """A number with a power of ten: 1.235e15."""
    digits, _, power = f"{number:.{DIGITS - 1}e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"


def _signed(text):
    return text.replace("-", MINUS)
