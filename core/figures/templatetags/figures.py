"""The dashboard in templates: `{% load figures %}{% dashboard as figures %}`."""

from __future__ import annotations

from django import template

from core.figures import dashboard

register = template.Library()
register.simple_tag(dashboard.dashboard, name="dashboard")
