"""The form renderer: every field by templates/forms/field.html, every control with our CSS class.

Inputs and selects are written here. Django renders a template for each control, one for its attributes and one for each
option: on a page with a few controls that costs as much as a table.
"""

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

BARE = {"checkbox", "radio", "hidden"}  # types of input without the class
INPUTS = {
    f"django/forms/widgets/{name}.html"
    for name in ("text", "search", "hidden", "password", "email", "number", "date", "checkbox")
}


class FormRenderer(TemplatesSetting):
    """Django's renderer with our field template and our CSS class."""

    field_template_name = "forms/field.html"

    def render(self, template_name, context, request=None):
        """The rendered template; a widget without a class gets ours."""
        widget = context.get("widget")
        if widget and "attrs" in widget and widget.get("type") not in BARE:
            widget["attrs"].setdefault("class", "input")
        if template_name in INPUTS:
            return _input(widget)
        if template_name == "django/forms/widgets/select.html":
            return _select(widget)
        return super().render(template_name, context, request)


def _input(widget):
    value = {} if widget["value"] is None else {"value": widget["value"]}
    attributes = {"type": widget["type"], "name": widget["name"], **value, **widget["attrs"]}
    return mark_safe(f"<input{_written(attributes)}>")  # noqa: S308  # here and below every value is escaped


def _select(widget):
    groups = "".join(_group(name, options) for name, options, _ in widget["optgroups"])
    return mark_safe(f"<select{_written({'name': widget['name'], **widget['attrs']})}>{groups}</select>")  # noqa: S308


def _group(name, options):
    rows = [
        (_written({"value": each["value"], **each["attrs"]}), conditional_escape(each["label"])) for each in options
    ]
    inside = "".join(f"<option{attributes}>{label}</option>" for attributes, label in rows)
    return f"<optgroup{_written({'label': name})}>{inside}</optgroup>" if name else inside


def _written(attributes):
    """Attributes as HTML: without a value for True, none for None and False."""
    written = {name: value for name, value in attributes.items() if value is not None and value is not False}
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"' for name, value in written.items()
    )
