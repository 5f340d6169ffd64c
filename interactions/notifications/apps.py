from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "interactions.notifications"
    label = "notifications"
