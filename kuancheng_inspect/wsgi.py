"""WSGI entry point for gunicorn. Every page's code is loaded here, not by whoever asks first."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kuancheng_inspect.settings")
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 -- read for its loading
