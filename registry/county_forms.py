"""Forms of 本县设置: the county and its departments. Rules of the fields are the models' own."""

from typing import Any

from django.db import models

from registry import webforms as forms
from registry.models import CountyProfile, Department
from registry.seenforms import SeenForm


def _of(model: type[Any], name: str, **options: Any) -> forms.Field:
    """A form field of a model's field, with the width of its kind."""
    source = model._meta.get_field(name)
    kind = {"form_class": forms.CharField} if isinstance(source, models.CharField) and not source.choices else {}
    field = source.formfield(**kind, **options)
    field.error_messages["required"] = f"请填写{field.label}。"
    return field


class ReasonedForm(SeenForm):
    """A form whose last question is why."""

    reason = forms.CharField(
        label="修改理由",
        max_length=200,
        help_text="与修改前后的内容一起记入操作记录。",
        error_messages={"required": "请写明修改理由，例如：系统启用、机构改革后更名。"},
    )
    field_order: list[str] | None = None


class CountyForm(ReasonedForm):
    """Name, region code, upstream platform, complaint telephone."""

    name = _of(CountyProfile, "name")
    region_code = _of(CountyProfile, "region_code", widget=forms.TextInput(attrs={"class": "w-s"}))
    upstream_platform = _of(CountyProfile, "upstream_platform")
    complaint_phone = _of(CountyProfile, "complaint_phone", widget=forms.TextInput(attrs={"class": "w-s"}))
    rename_departments = forms.BooleanField(
        label="部门全称里的县名一起改",
        required=False,
        help_text="改县名时用：部门全称以原县名开头的，换成新县名。",
    )
    field_order = ["name", "region_code", "upstream_platform", "complaint_phone", "rename_departments", "reason"]


class DepartmentForm(ReasonedForm):
    """A department; its code is settled once it stands in the files of a draw."""

    name = _of(Department, "name", help_text="印在检查通知书和检查记录表上的全称。")
    short_name = _of(
        Department, "short_name", help_text="列表里用的简称。", widget=forms.TextInput(attrs={"class": "w-m"})
    )
    code = _of(Department, "code", widget=forms.TextInput(attrs={"class": "w-s"}))
    order = _of(Department, "order", min_value=0, max_value=999, widget=forms.NumberInput(attrs={"class": "w-num"}))
    kind = _of(
        Department, "kind", help_text="行业领域，如：文化和旅游。", widget=forms.TextInput(attrs={"class": "w-m"})
    )
    phone = _of(
        Department,
        "phone",
        help_text="印在检查通知书上；不填就印举报电话。",
        widget=forms.TextInput(attrs={"class": "w-m"}),
    )
    active = _of(Department, "active", help_text="不再参加抽查的部门取消勾选；以前的检查不受影响。")
    field_order = ["name", "short_name", "code", "order", "kind", "phone", "active", "reason"]

    def __init__(self, *args: Any, settled: bool = False, **options: Any) -> None:
        """``settled``: the code has been used in a draw."""
        super().__init__(*args, **options)
        if settled:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = "参加过抽取，代码已写进抽取文件，不能再改。"
