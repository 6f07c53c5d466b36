"""URLs of this app."""

from django.urls import URLPattern, URLResolver

app_name = "inspections"
urlpatterns: list[URLPattern | URLResolver] = []
