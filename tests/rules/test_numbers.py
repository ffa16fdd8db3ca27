"""How numbers are written."""

import pytest

from registry_app.rules.numbers import exact, full_text, number_column, number_text, per_cent, size_text

HUGE = 10**299


@pytest.mark.parametrize(
    "values, texts",
    [
        ([0.9344, 0.9464, 0.9], ["0.9344", "0.9464", "0.9000"]),
        ([0.09951, 0.44371], ["0.0995", "0.4437"]),
        ([33.7, 25.6], ["33.7", "25.6"]),
        ([33.777, 125.6], ["33.8", "125.6"]),
        ([79, 18402], ["79", "18,402"]),
        ([1, 1.0], ["1", "1"]),
        ([12345.678], ["12,346"]),
        ([0.00016666666666666666], ["0.0001667"]),
        ([-0.05, 0.25], ["−0.05", "0.25"]),
        ([0, 0.0, -0.0], ["0", "0", "0"]),
        ([0.99996], ["1"]),
        ([1e308, 0.5], ["1e308", "0.5"]),
        ([-1e308, 1e-300], ["−1e308", "1e−300"]),
        ([1e-300, 0.5, 0.1234], ["1e−300", "0.5000", "0.1234"]),
        ([0.00002, 0.9344], ["2e−5", "0.9344"]),
        ([5e-324], ["5e−324"]),
        ([123456789, 1234567890], ["123,456,789", "1.235e9"]),
        ([HUGE], ["1e299"]),
        ([], []),
    ],
)
def test_the_numbers_of_a_column_have_four_digits_and_the_same_decimals(values, texts):
    column = number_column(values)
    assert [column.text(value) for value in values] == texts


@pytest.mark.parametrize(
    "value, base, delta",
    [
        (0.9344, 0.9152, "+0.0192"),
        (0.0995, 0.1496, "−0.0501"),
        (0.9152, 0.9152, "0"),
        (1, 1.0, "0"),
        (0.0, -0.0, "0"),
        (0.91520001, 0.9152, "+1e−8"),
        (1e308, -1e308, "+2e308"),
        (HUGE, -HUGE, "+2e299"),
        (1e-300, 2e-300, "−1e−300"),
    ],
)
def test_a_difference_is_exact_and_has_a_sign(value, base, delta):
    assert number_column([0.9344, 0.9152]).delta(value, base) == delta


@pytest.mark.parametrize(
    "value, base, text",
    [
        (0.9464, 0.9152, "+3.4\u00a0%"),
        (0.1173, 0.1496, "−21.6\u00a0%"),
        (33.8, 25.6, "+32.0\u00a0%"),
        (0, 5, "−100.0\u00a0%"),
        (-1, -2, "+50.0\u00a0%"),
        (5, 0, ""),
        (5, 0.0, ""),
        (5, -5, ""),
        (-5, 5, ""),
        (5, 5, ""),
        (10.99, 1, "+999.0\u00a0%"),
        (11, 1, "×11"),
        (-22, -2, "×11"),
        (12345, 1, "×12,345"),
        (1e308, 1e-300, "×1e608"),
    ],
)
def test_a_change_in_per_cent_is_left_out_where_it_makes_no_sense(value, base, text):
    assert per_cent(value, base) == text


@pytest.mark.parametrize(
    "value, short, full",
    [
        (0.00016666666666666666, "0.0001667", "0.00016666666666666666"),
        (-3, "−3", "−3"),
        (10**20, "1e20", "1" + "0" * 20),
        (-0.0, "0", "0.0"),
    ],
)
def test_a_number_by_itself_and_in_full(value, short, full):
    assert (number_text(value), full_text(value)) == (short, full)


def test_huge_numbers_stay_numbers():
    assert exact(10**299) - exact(1e-300) == exact(10**299)


@pytest.mark.parametrize(
    "size, files, text",
    [
        (0, 0, "Unknown"),
        (5, 0, "Unknown"),
        (0, 1, "0 bytes"),
        (1, 1, "1 byte"),
        (999, 1, "999 bytes"),
        (1000, 2, "1.0\u00a0kB"),
        (999_949, 1, "999.9\u00a0kB"),
        (999_950, 1, "1.0\u00a0MB"),
        (420_059_000, 3, "420.1\u00a0MB"),
        (4_490_000_000_000, 3, "4.5\u00a0TB"),
        (2**62, 1, "4.6\u00a0EB"),
    ],
)
def test_sizes_are_in_powers_of_a_thousand(size, files, text):
    assert size_text(size, files) == text
