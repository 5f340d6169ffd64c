from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "interactions.push"
    label = "push"
