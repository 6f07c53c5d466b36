"""Web, worker and beat in one process: a demonstration needs no Redis (jobs live in the database either way)."""

import logging
import threading
from typing import Any

from celery.beat import Service
from gunicorn.app.base import BaseApplication

from kuancheng_inspect.celery import app as celery_app
from registry import jobs

log = logging.getLogger(__name__)


def start_background() -> None:
    """A solo Celery worker and beat as threads; what was left pending is sent again first."""
    worker = celery_app.WorkController(pool="solo", loglevel="WARNING", quiet=True)
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    beat = Service(celery_app, max_interval=5, scheduler_cls="celery.beat:Scheduler")
    threading.Thread(target=beat.start, name="celery-beat", daemon=True).start()
    jobs.sweep()


class Server(BaseApplication):
    """gunicorn with one process and eight threads, on the loopback address only."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def load_config(self) -> None:
        """Settings of the demonstration."""
        options: dict[str, Any] = {
            "bind": self.address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": 8,
            "loglevel": "warning",
            "post_worker_init": lambda _worker: start_background(),
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """The WSGI application."""
        from kuancheng_inspect.wsgi import application  # noqa: PLC0415 -- in the worker, after the fork

        return application
