"""What the audit log shows: words, not codes."""

import pytest

from registry.models import AuditEvent
from registry.views.audit_words import changes_of, words_of

SECTION, RECORD, PLAN = "inspections.departmentsection", "inspections.inspectionrecord", "sampling.plan"


@pytest.mark.parametrize(
    ("kind", "name", "value", "words"),
    [
        (SECTION, "state", "APPROVED", "已复核"),
        (SECTION, "results", ["NO_PROBLEM", "CORRECTED"], "未发现问题、发现问题已责令改正"),
        (RECORD, "certificates_shown", True, "是"),
        (RECORD, "informed", False, "否"),
        (RECORD, "visit_to", "2024-06-18T02:20:00+00:00", "2024-06-18 10:20"),
        (RECORD, "methods", ["ON_SITE"], "实地核查"),
        (PLAN, "lead", "3 旅文广电局", "旅文广电局"),
        (PLAN, "task_name", "2024 年抽查", "2024 年抽查"),
        (PLAN, "departments", ["3 旅文广电局", "4 公安局"], "旅文广电局、公安局"),
        (PLAN, "basis", "", "（空）"),
        (PLAN, "unheard_of", "QX-77", "QX-77"),
        ("gone.model", "state", "NOBODY_KNOWS", "NOBODY_KNOWS"),
    ],
)
def test_a_value_in_words(kind: str, name: str, value: object, words: str):
    assert words_of(kind, name, value) == words


def test_an_event_lists_its_fields_by_their_names():
    event = AuditEvent(object_type=SECTION, before={"state": "SUBMITTED"}, after={"state": "APPROVED", "rows": 2})
    assert changes_of(event) == [("行数", None, "2"), ("状态", "待复核", "已复核")]
