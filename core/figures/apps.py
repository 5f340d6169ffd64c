from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "core.figures"
    label = "figures"
