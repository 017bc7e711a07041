"""Why calls fail, in plain words: filters of `evaluation.engine.calls.causes`."""

from django import template

from evaluation.engine.calls import causes

register = template.Library()

register.filter(causes.cause_in_words)
register.filter(causes.cause_helps)
register.filter(causes.lies_with_endpoint)
register.filter(causes.reason_in_words)
register.filter(causes.failure_in_words)
