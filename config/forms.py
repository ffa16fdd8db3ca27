"""How forms are drawn: every field through templates/forms/field.html."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Django's renderer, with our field template."""

    field_template_name = "forms/field.html"
