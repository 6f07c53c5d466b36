"""Project package: settings, URLs, Celery, middleware and the pages that look into every app."""

from kuancheng_inspect.celery import app as celery_app

__version__ = "0.1.0"
__all__ = ["celery_app"]
