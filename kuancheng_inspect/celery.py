"""The Celery application. Its schedule stands here, in code; jobs themselves live in the database (registry.jobs)."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kuancheng_inspect.settings")

app = Celery("kuancheng_inspect")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "sweep-jobs": {"task": "registry.tasks.sweep_jobs", "schedule": 60.0},
    "take-over-jobs": {"task": "registry.tasks.take_over_jobs", "schedule": 15.0},
    "reveal-draws": {"task": "sampling.tasks.reveal_due", "schedule": crontab(minute=5)},
    "send-reminders": {"task": "inspections.tasks.send_reminders", "schedule": crontab(hour="8-21", minute="*/10")},
    "send-deliveries": {"task": "inspections.tasks.send_deliveries", "schedule": 60.0},
    "check-people": {"task": "inspections.tasks.check_people", "schedule": crontab(hour="8-18", minute=20)},
    "mark-store": {"task": "registry.tasks.mark_store", "schedule": 600.0},
    "sweep-files": {"task": "registry.tasks.sweep_files", "schedule": crontab(hour=3, minute=40)},
    "expire-exports": {"task": "publicity.tasks.expire_exports", "schedule": crontab(hour=3, minute=10)},
}
