"""Who read personal data: one log line per page opened by an auditor (decisions.md). A GET writes no row."""

import logging

from registry.enums import Role
from registry.models import User

log = logging.getLogger("access")
log.setLevel(logging.INFO)  # kept whatever the level of everything else


def personal_data_read(*, user: User, what: str, key: object) -> None:
    """Log that an auditor saw telephone numbers and names of ``what``; other roles see them as part of their work."""
    if Role.AUDITOR in user.roles:
        log.info("查看个人信息 user=%s object=%s id=%s", user.pk, what, key)
