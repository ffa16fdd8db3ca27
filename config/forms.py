"""The form renderer: every field by templates/forms/field.html, every control with our CSS class."""

from django.forms.renderers import TemplatesSetting

BARE = {"checkbox", "radio", "hidden"}  # types of input without the class


class FormRenderer(TemplatesSetting):
    """Django's renderer with our field template and our CSS class."""

    field_template_name = "forms/field.html"

    def render(self, template_name, context, request=None):
        """The rendered template; a widget without a class gets ours."""
        widget = context.get("widget")
        if widget and "attrs" in widget and widget.get("type") not in BARE:
            widget["attrs"].setdefault("class", "input")
        return super().render(template_name, context, request)
