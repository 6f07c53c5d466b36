"""Names sort by pinyin and are found however they are typed: both keys are computed for the rows that are there."""

from typing import Any

from django.db import migrations, models

from registry.pinyin import sort_key
from registry.text import account_name, folded

BATCH = 500


def fill_keys(apps: Any, schema_editor: Any) -> None:
    """The keys of every enterprise and inspector; names of accounts as sign-in looks them up."""
    for model, keys in (("Enterprise", ["name_sort", "search_key"]), ("Inspector", ["search_key"])):
        rows = apps.get_model("registry", model).objects
        some = []
        for row in rows.only("pk", "name", *keys).order_by("pk").iterator(chunk_size=BATCH):
            row.search_key = folded(row.name)[: row._meta.get_field("search_key").max_length]
            if "name_sort" in keys:
                row.name_sort = sort_key(row.name)
            some.append(row)
            if len(some) == BATCH:
                rows.bulk_update(some, keys)
                some = []
        rows.bulk_update(some, keys)
    users = apps.get_model("registry", "User").objects
    for user in users.only("pk", "username"):
        plain = account_name(user.username)
        if plain and plain != user.username and not users.filter(username=plain).exists():
            user.username = plain
            user.save(update_fields=["username"])


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_clocks")]

    operations = [
        migrations.AddField(
            model_name="enterprise",
            name="search_key",
            field=models.CharField(blank=True, default="", editable=False, max_length=400, verbose_name="查找键"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="inspector",
            name="search_key",
            field=models.CharField(blank=True, default="", editable=False, max_length=100, verbose_name="查找键"),
            preserve_default=False,
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
