"""The usual reasons for 合理缺项 and 未检查, to begin with; the office edits them at the repair screens."""

from typing import Any

from django.db import migrations

REASONS = {
    "NOT_APPLICABLE": ["检查时未营业", "无此设施设备", "不从事该项业务", "不属本场所", "相关人员不在岗位"],
    "NOT_CHECKED": ["当事人不在场", "现场无法进入", "设备故障无法查看", "资料存放在别处"],
}


def add(apps: Any, schema_editor: Any) -> None:
    """Add what is missing."""
    model = apps.get_model("inspections", "ReasonPhrase")
    for answer, texts in REASONS.items():
        for order, text in enumerate(texts):
            model.objects.get_or_create(answer=answer, text=text, defaults={"order": order})


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("inspections", "0005_signatures")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
