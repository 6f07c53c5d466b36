"""Forms of the pages about accounts."""

from collections.abc import Sequence
from typing import Any

from registry import webforms as forms
from registry.enums import InspectorStatus, Role
from registry.models import Department, Inspector, User
from registry.services import NewAccount, accounts_for

ROLES = [(role.value, role.label) for role in Role if role is not Role.PUBLIC]


class ResetForm(forms.Form):
    """What is issued anew to the chosen people, and why."""

    what = forms.MultipleChoiceField(
        label="重新发放什么",
        choices=[("password", "密码：发一次性密码，原来的密码作废"), ("second_factor", "两步验证：取消验证器和恢复码")],
        widget=forms.CheckboxSelectMultiple,
        initial=["password"],
        error_messages={"required": "请选择重新发放什么：密码、两步验证，或两样都选。"},
    )
    reason = forms.CharField(
        label="理由",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="记入操作记录。例如：本人 6 月 3 日来电，手机遗失。请先确认是本人提出的。",
        error_messages={"required": "请写明重新发放的理由，例如：本人 6 月 3 日来电，手机遗失。"},
    )

    def __init__(self, *args: Any, chosen: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [int(key) for key in chosen if key.isascii() and key.isdigit() and len(key) < 10]
        self.people = list(User.objects.filter(pk__in=keys).select_related("department"))

    def clean(self) -> dict[str, Any]:
        """Somebody must have been chosen."""
        if not self.people:
            raise forms.ValidationError("没有选中任何账号。请回到账号列表，勾选要重新发放的人。")
        return super().clean() or {}


class InspectorAccountsForm(forms.Form):
    """Departments whose inspectors get accounts."""

    departments = forms.ModelMultipleChoiceField(
        label="部门",
        queryset=Department.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个部门。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without = Inspector.objects.filter(user=None, status=InspectorStatus.ACTIVE).select_related("department")
        self.wanted = accounts_for(without.order_by("department__order", "badge"))
        waiting = {one.department.pk for one in self.wanted if one.department}
        self.fields["departments"].queryset = Department.objects.filter(pk__in=waiting)
        self.fields["departments"].initial = list(waiting)

    def clean(self) -> dict[str, Any]:
        """The people, as they are listed on the page."""
        data = super().clean() or {}
        chosen = set(data.get("departments", []))
        data["people"] = [one.inspector for one in self.wanted if one.department in chosen]
        return data


class NewAccountForm(forms.Form):
    """An account made by hand."""

    username = forms.CharField(
        label="登录名",
        max_length=150,
        help_text="本人登录时输入，如：旅文审核。不分大小写和全半角。",
        error_messages={"required": "请填写登录名。"},
    )
    name = forms.CharField(label="姓名", max_length=50, named=True, error_messages={"required": "请填写本人姓名。"})
    department = forms.ModelChoiceField(
        label="部门",
        queryset=Department.objects.filter(active=True),
        required=False,
        empty_label="不属于任何部门",
        help_text="牵头部门、部门管理员和执法检查人员必须选择。",
    )
    roles = forms.MultipleChoiceField(
        label="权限",
        choices=ROLES,
        widget=forms.CheckboxSelectMultiple,
        help_text="牵头部门、审计、系统管理员三种权限，一个账号只能有一种。",
        error_messages={"required": "请至少选择一种权限。"},
    )

    def wanted(self) -> NewAccount:
        """What was filled in."""
        data = self.cleaned_data
        return NewAccount(
            data["username"], data["name"], data["department"], tuple(Role(value) for value in data["roles"])
        )
