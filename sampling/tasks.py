"""Background work of the draws: opening what is due."""

from celery import shared_task

from sampling import services


@shared_task
def reveal_due() -> int:
    """Open every sealed draw whose reveal date or reveal-by has come; running it twice opens nothing twice."""
    return services.reveal_due()
