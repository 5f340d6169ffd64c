from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "core.datasets"
    label = "datasets"
    verbose_name = "Datasets"
