"""URLs of this app."""

from django.urls import URLPattern, URLResolver

app_name = "sampling"
urlpatterns: list[URLPattern | URLResolver] = []
