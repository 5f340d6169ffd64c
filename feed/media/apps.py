from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "feed.media"
    label = "media"
