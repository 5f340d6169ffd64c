from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "feed.search"
