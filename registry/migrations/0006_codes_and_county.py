"""Codes that go into draw files are checked by the database itself; 本县设置 as versions.

A row that no constraint would take is named before anything is changed, so that it can be mended first.
"""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import migrations, models

import registry.models.shapes
from registry.appendonly import AppendOnly
from registry.models.shapes import ascii_code, grade_code, sound_uscc

CODED = {"Department": ascii_code, "Specialty": ascii_code, "RiskScheme": ascii_code, "RiskLevel": grade_code,
         "Industry": ascii_code, "InspectionItem": ascii_code}  # fmt: skip


def refuse_bad_codes(apps, schema_editor):
    """Name every row with a code that its table may not hold any more."""
    found = []
    for model, check in [*CODED.items(), ("Enterprise", sound_uscc)]:
        field = "uscc" if model == "Enterprise" else "code"
        rows = apps.get_model("registry", model).objects.order_by()
        for pk, code, name in rows.values_list("pk", field, "name").iterator(chunk_size=5000):
            try:
                check(code)
            except ValidationError as error:
                found.append(f"{model} {pk} “{name}”的代码“{code}”：{error.messages[0]}")
    if found:
        raise ValueError("升级前请先更正这些行：" + "；".join(found[:50]))


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_text_search_keys"),
    ]

    operations = [
        migrations.RunPython(refuse_bad_codes, migrations.RunPython.noop, elidable=True),
        migrations.CreateModel(
            name="CountyProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="印在检查记录表、公示页和页眉上。", max_length=60, verbose_name="县（市、区）全称"
                    ),
                ),
                (
                    "region_code",
                    models.CharField(
                        help_text="6 位数字，是任务编号的开头；已有的编号不变。",
                        max_length=6,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{6}\\Z", "行政区划代码是 6 位数字，如 130827。"
                            )
                        ],
                        verbose_name="行政区划代码",
                    ),
                ),
                (
                    "upstream_platform",
                    models.CharField(
                        help_text="如：河北省双随机监管工作平台。", max_length=60, verbose_name="上级平台名称"
                    ),
                ),
                (
                    "complaint_phone",
                    models.CharField(
                        help_text="印在公示页和检查通知书上，如 12345。", max_length=30, verbose_name="举报电话"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="生效时间")),
            ],
            options={
                "verbose_name": "本县设置",
                "verbose_name_plural": "本县设置",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.AlterField(
            model_name="department",
            name="code",
            field=models.CharField(
                help_text="用于抽取文件，如 WL。",
                max_length=32,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?!-\\Z)[0-9A-Za-z._-]{1,32}\\Z",
                        "只能用英文字母、数字和 . _ -，不超过 32 个字符，也不能只是一个 -。",
                    )
                ],
                verbose_name="代码",
            ),
        ),
        migrations.AlterField(
            model_name="enterprise",
            name="uscc",
            field=models.CharField(
                max_length=18,
                unique=True,
                validators=[registry.models.shapes.sound_uscc],
                verbose_name="统一社会信用代码",
            ),
        ),
        migrations.AlterField(
            model_name="industry",
            name="code",
            field=models.CharField(
                max_length=32,
                primary_key=True,
                serialize=False,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?!-\\Z)[0-9A-Za-z._-]{1,32}\\Z",
                        "只能用英文字母、数字和 . _ -，不超过 32 个字符，也不能只是一个 -。",
                    )
                ],
                verbose_name="代码",
            ),
        ),
        migrations.AlterField(
            model_name="inspectionitem",
            name="code",
            field=models.CharField(
                max_length=32,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?!-\\Z)[0-9A-Za-z._-]{1,32}\\Z",
                        "只能用英文字母、数字和 . _ -，不超过 32 个字符，也不能只是一个 -。",
                    )
                ],
                verbose_name="事项编码",
            ),
        ),
        migrations.AlterField(
            model_name="risklevel",
            name="code",
            field=models.CharField(
                max_length=8,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?!(?:N|-)\\Z)(?!.*-[12]\\Z)[0-9A-Za-z._-]{1,8}\\Z",
                        "等级用英文字母、数字和 . _ -，不超过 8 个字符；N 留给未评级，也不能以 -1、-2 结尾。",
                    )
                ],
                verbose_name="等级",
            ),
        ),
        migrations.AlterField(
            model_name="riskscheme",
            name="code",
            field=models.CharField(
                max_length=32,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?!-\\Z)[0-9A-Za-z._-]{1,32}\\Z",
                        "只能用英文字母、数字和 . _ -，不超过 32 个字符，也不能只是一个 -。",
                    )
                ],
                verbose_name="代码",
            ),
        ),
        migrations.AlterField(
            model_name="specialty",
            name="code",
            field=models.CharField(
                max_length=32,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?!-\\Z)[0-9A-Za-z._-]{1,32}\\Z",
                        "只能用英文字母、数字和 . _ -，不超过 32 个字符，也不能只是一个 -。",
                    )
                ],
                verbose_name="代码",
            ),
        ),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(models.F("code")),
                        models.Value(0, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("code"),
                            models.Value("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    models.Q(("code", "-"), _negated=True),
                    models.Q(("name", ""), _negated=True),
                    models.Q(("short_name", ""), _negated=True),
                ),
                name="department_is_named",
                violation_error_message="部门要有代码、名称和简称；代码只能用英文字母、数字和 . _ -。",
            ),
        ),
        migrations.AddConstraint(
            model_name="enterprise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Exact(
                        django.db.models.functions.text.Length(models.F("uscc")),
                        models.Value(18, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("uscc"),
                            models.Value("0123456789ABCDEFGHJKLMNPQRTUWXY"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            django.db.models.functions.text.Substr(models.F("uscc"), 1, 8),
                            models.Value("0123456789"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                ),
                name="enterprise_uscc_shape",
                violation_error_message="统一社会信用代码应为 18 位数字和大写字母，前 8 位是数字，请照营业执照填写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="enterprise",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True),
                name="enterprise_is_named",
                violation_error_message="企业要有名称。",
            ),
        ),
        migrations.AddConstraint(
            model_name="industry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(models.F("code")),
                        models.Value(0, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("code"),
                            models.Value("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    models.Q(("code", "-"), _negated=True),
                    models.Q(("name", ""), _negated=True),
                ),
                name="industry_is_named",
                violation_error_message="行业要有代码和名称；代码只能用英文字母、数字和 . _ -。",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspectionitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(models.F("code")),
                        models.Value(0, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("code"),
                            models.Value("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    models.Q(("code", "-"), _negated=True),
                    models.Q(("name", ""), _negated=True),
                ),
                name="item_is_named",
                violation_error_message="抽查事项要有编码和名称；编码只能用英文字母、数字和 . _ -。",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspector",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("name", ""), _negated=True), models.Q(("badge", ""), _negated=True)),
                name="inspector_is_named",
                violation_error_message="检查人员要有姓名和执法证号。",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalbasis",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effective_to__isnull", True), ("effective_to__gte", models.F("effective_from")), _connector="OR"
                ),
                name="basis_effective_order",
                violation_error_message="失效日期早于生效日期，请核对。",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalbasis",
            constraint=models.CheckConstraint(
                condition=models.Q(("law", ""), _negated=True),
                name="basis_names_its_law",
                violation_error_message="请写明法律法规的名称。",
            ),
        ),
        migrations.AddConstraint(
            model_name="risklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(models.F("code")),
                        models.Value(0, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("code"),
                            models.Value("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    models.Q(("code", "-"), _negated=True),
                    models.Q(("code", "N"), _negated=True),
                ),
                name="risklevel_code_shape",
                violation_error_message="等级用英文字母和数字；N 留给未评级，不能用。",
            ),
        ),
        migrations.AddConstraint(
            model_name="riskscheme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(models.F("code")),
                        models.Value(0, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("code"),
                            models.Value("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    models.Q(("code", "-"), _negated=True),
                    models.Q(("name", ""), _negated=True),
                ),
                name="riskscheme_is_named",
                violation_error_message="分级办法要有代码和名称；代码只能用英文字母、数字和 . _ -。",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(models.F("code")),
                        models.Value(0, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("code"),
                            models.Value("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"),
                            function="LTRIM",
                            output_field=models.TextField(),
                        ),
                        models.Value("", output_field=models.TextField()),
                    ),
                    models.Q(("code", "-"), _negated=True),
                    models.Q(("name", ""), _negated=True),
                ),
                name="specialty_is_named",
                violation_error_message="专业要有代码和名称；代码只能用英文字母、数字和 . _ -。",
            ),
        ),
        migrations.AddField(
            model_name="countyprofile",
            name="saved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to=settings.AUTH_USER_MODEL,
                verbose_name="修改人",
            ),
        ),
        migrations.AddConstraint(
            model_name="countyprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(("region_code", ""), _negated=True),
                    models.Q(("upstream_platform", ""), _negated=True),
                    models.Q(("complaint_phone", ""), _negated=True),
                ),
                name="county_is_complete",
                violation_error_message="四项都要填写。",
            ),
        ),
        AppendOnly("CountyProfile"),
    ]
