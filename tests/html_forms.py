"""What a browser would send for the forms of a page, read from its HTML; for the tests and for the benchmarks."""

from html.parser import HTMLParser

NOT_SENT = {"submit", "button", "reset", "image", "file"}  # types of inputs that send nothing unless they are used


class Form:
    """A form: its method, where it goes, and the values that it would send: {name: [value, …]}."""

    def __init__(self, attributes, address=""):
        self.method = attributes.get("method", "get").lower()
        self.action = attributes.get("action") or address
        self.id = attributes.get("id")
        self.data = {}
        self.buttons = []

    @property
    def pressed(self):
        """The values that it sends by its button: those of a form with one button at the most that has a name."""
        return {**self.data, **{name: [value] for name, value in self.buttons}}

    def put(self, name, value):
        """One more value of field `name`."""
        self.data.setdefault(name, []).append(value)


class FormReader(HTMLParser):
    """The forms of a page, in order, in `forms`; `words` are the texts outside of fields."""

    def __init__(self, address=""):
        super().__init__()
        self.address, self.forms, self.words = address, [], []
        self.form = self.area = self.select = None

    def handle_starttag(self, tag, attributes):
        """Note a form, or what a field of it holds."""
        found = dict(attributes)
        if tag == "form":
            self.form = Form(found, self.address)
            self.forms.append(self.form)
        elif tag == "option" and self.select:
            self.select.options.append((found.get("value", ""), "selected" in found))
        elif self.form and found.get("name") and "disabled" not in found:
            self._field(tag, found["name"], found)

    def _field(self, tag, name, found):
        kind = found.get("type", "text")
        ticked = kind in {"radio", "checkbox"}
        if tag == "input" and kind not in NOT_SENT and (not ticked or "checked" in found):
            self.form.put(name, found.get("value", "on" if ticked else ""))
        elif tag == "button":
            self.form.buttons.append((name, found.get("value", "")))
        elif tag == "textarea":
            self.area = (name, [])
        elif tag == "select":
            self.select = Select(name, "multiple" in found)

    def handle_endtag(self, tag):
        """Close what the element opened."""
        if tag == "form":
            self.form = None
        elif tag == "select" and self.select:
            for value in self.select.values():
                self.form.put(self.select.name, value)
            self.select = None
        elif tag == "textarea" and self.area:
            name, text = self.area
            self.form.put(name, "".join(text).removeprefix("\n"))
            self.area = None

    def handle_data(self, data):
        """Text, of the page or of a field in it."""
        (self.area[1] if self.area else self.words).append(data)


class Select:
    """A field of options: (value, whether it is selected)."""

    def __init__(self, name, multiple):
        self.name, self.multiple, self.options = name, multiple, []

    def values(self):
        """The values that it sends: those selected; of a drop-down without any, its first."""
        selected = [value for value, is_selected in self.options if is_selected]
        return selected or [value for value, _ in ([] if self.multiple else self.options[:1])]


def read_forms(html):
    """The forms of a page."""
    reader = FormReader()
    reader.feed(html)
    return reader.forms
