"""Endpoints as providers see them, and what keeps one from being called."""

from evaluation.llm import registry
from evaluation.llm.registry import EndpointSettings
from evaluation.models import Endpoint
