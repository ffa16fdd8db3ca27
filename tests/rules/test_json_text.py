"""JSON as people write it: what is said of each slip, and where."""

import pytest

from registry_app import rules


@pytest.mark.parametrize(
    "text, told",
    [
        ('{"a": 1,}', "line 1, column 9: a comma stands before"),
        ('{"a": [1, 2, ]}', "column 14: a comma stands before"),
        ("{'a': 1}", "line 1, column 2: JSON has double quotes"),
        ("{\"a\": 'b'}", "double quotes"),
        ("{“a”: 1}", "straight"),
        ('{"a": 1, // why\n"b": 2}', "line 1, column 10: JSON has no comments"),
        ('{\n# why\n"a": 1}', "line 2, column 1: JSON has no comments"),
        ('{"a": 1} /* why */', "no comments"),
        ('{"a": True}', "true, false and null"),
        ('{"a": 0,91}', "a point, not a comma"),
        ('{"a": 1\n"b": 2}', "line 2, column 1: a comma or a closing bracket"),
        ('{"a" 1}', "a colon"),
        ("{a: 1}", "a key in double quotes"),
        ('{"a": "C:\\models"}', "backslash"),
        ('{"a": "two\nlines"}', "a line break or a tab"),
        ('{"a": "x', "never closed"),
        ('{"a": {', "ends too early"),
        ("", "ends too early"),
        ('{"a": 1}{"a": 2}', "column 9: more stands after the end"),
        ('{"a": undefined}', "a value belongs here"),
        ('{"lr": 1, "lr": 2}', "“lr” stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "“b” stands twice"),
        ('{"\\ud800": 1, "\\ud800": 2}', "“\ufffd” stands twice"),
        ('{"seed": %s}' % ("9" * 5000), "9999999999… has more than 300 digits"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
    ],
    ids=lambda value: value[:24],
)
def test_a_slip_is_told_with_its_place(text, told):
    with pytest.raises(ValueError) as refused:
        rules.load_json(text)
    message = str(refused.value)
    assert told in message
    assert message.encode()  # a page can hold it


def test_a_byte_order_mark_and_odd_numbers_are_read():
    assert rules.load_json('\ufeff{"a": 1e3, "b": -0}') == {"a": 1000.0, "b": 0}


@pytest.mark.parametrize(
    "text, told",
    [
        ('{"loss": NaN}', "loss is NaN"),
        ('{"metrics": {"loss": [0.5, NaN]}}', "metrics.loss[1] is NaN"),
        ('{"metrics": {"loss": Infinity}}', "metrics.loss is Infinity"),
        ('{"a": [{"b": -Infinity}]}', "a[0].b is -Infinity"),
        ('{"a": 1e999}', "a is Infinity, or too large"),
        ('{"a": "x\\u0000"}', "a holds U+0000"),
        ('{"a": ["\\ud800"]}', "a[0] holds U+D800"),
        ('{"a": {"\\u0000": 1}}', "the key '\\x00' holds U+0000"),
        ('{"a": ' + "[" * 60 + "1" + "]" * 60 + "}", "is nested too deep"),
        ('{"a": {"b": [1, null, true, "x", 0.5]}}', None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_can_not_be_kept_is_told_with_its_path(text, told):
    fault = rules.find_fault(rules.load_json(text), rules.METADATA_DEPTH)
    assert (told in fault) if told else fault is None


def test_a_number_that_never_was_text_is_judged_too():
    assert rules.find_fault({"a": 10**rules.WHOLE_DIGITS}, 2) == f"a has more than {rules.WHOLE_DIGITS} digits"


def test_a_path_of_long_keys_is_cut():
    assert len(rules.find_fault({"k" * 1000: {"k" * 1000: [float("nan")]}}, 40)) < 300
