from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "core.server"
    label = "server"
