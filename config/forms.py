"""How forms are drawn: every field through templates/forms/field.html, every control in the style sheets' class."""

from django.forms.renderers import TemplatesSetting

BARE = {"checkbox", "radio", "hidden"}  # kinds of input that need no class


class FormRenderer(TemplatesSetting):
    """Django's renderer, with our field template and our class on controls."""

    field_template_name = "forms/field.html"

    def render(self, template_name, context, request=None):
        """The template as text; a widget without a class of its own gets ours."""
        widget = context.get("widget")
        if widget and "attrs" in widget and widget.get("type") not in BARE:
            widget["attrs"].setdefault("class", "input")
        return super().render(template_name, context, request)
