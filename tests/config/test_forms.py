"""Controls that are written without templates say what Django's own templates say."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe

from config.forms import FormRenderer

NASTY = "\"><script>'&amp;"
CHOICES = [
    ("", "Any"),
    ("a", "A & B"),
    (1, mark_safe("<b>")),
    (NASTY, NASTY),
    ("Group <", [("in", "Inside"), ("o", "Out")]),
]
VALUES = [None, "", "a", 1, "1", NASTY, mark_safe("&amp;"), "in", True, False]
ATTRS = [
    {},
    {"class": "mono", "maxlength": 5, "required": True, "disabled": False},
    {"placeholder": NASTY, "id": "id_x"},
]
WIDGETS = [
    *(forms.TextInput, forms.SearchInput, forms.HiddenInput, forms.PasswordInput, forms.EmailInput, forms.NumberInput),
    *(forms.DateInput, forms.CheckboxInput),
]


class Parts(HTMLParser):
    """The tags of a text with their attributes, and the words between."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.parts = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.parts.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.parts.append(data.strip())


def assert_the_same(widget, value, attrs):
    with_class = attrs if getattr(widget, "input_type", "") in {"hidden", "checkbox"} else {"class": "input", **attrs}
    ours = widget.render("name", value, attrs=dict(attrs), renderer=FormRenderer())
    assert Parts(ours).parts == Parts(widget.render("name", value, with_class, renderer=DjangoTemplates())).parts


@pytest.mark.parametrize("kind", WIDGETS)
def test_inputs(kind):
    for value in VALUES:
        for attrs in ATTRS:
            assert_the_same(kind(), value, attrs)


def test_selects():
    for value in VALUES:
        for attrs in ATTRS:
            assert_the_same(forms.Select(choices=CHOICES), value, attrs)
            assert_the_same(forms.SelectMultiple(choices=CHOICES), [value, "a"], attrs)
