"""`{% field_row form "seed sample_size" %}`: fields beside each other, each with its label, help and errors."""

from django import forms, template

register = template.Library()


@register.inclusion_tag("_field_row.html")
def field_row(form: forms.BaseForm, names: str, top: bool = True) -> dict[str, object]:
    """The fields named, in that order; `top`: their labels in a line, however long their help is."""
    return {"fields": [form[name] for name in names.split()], "top": top}
