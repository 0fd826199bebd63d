"""The app's entry in INSTALLED_APPS."""

from django.apps import AppConfig


class KeygenConfig(AppConfig):
    """Names the app as the admin shows it."""

    name = "djheroku.keygen"
    verbose_name = "Secret keys"
