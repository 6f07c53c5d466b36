"""Forms of the ceremony and of what may happen to a draw afterwards."""

from typing import Any

from registry import webforms as forms
from registry.models import User
from sampling.enums import Beacon, EOutReason, IOutReason
from sampling.forms.wizard import KeyForm, text_field
from sampling.models import Draw, EventRequest, Nonce, Roster, TeamMember
from sampling.services.attaching import SIGNATURES

GROUPS, GROUP_LENGTH = 8, 5
WITNESS_ROWS = 5


class DrawForm(KeyForm):
    """The ceremony: witnesses by name and unit, 40 digits in eight groups of five; beacon and outside parties' numbers
    where the freeze names them."""

    def __init__(self, *args: Any, roster: Roster, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parties = list(roster.nonces.exclude(party=Nonce.OFFICE).filter(kept__isnull=True))
        self.asks_beacon = roster.plan.beacon != Beacon.NONE
        if self.asks_beacon:
            label = roster.plan.get_beacon_display()
            self.fields["beacon"] = forms.CharField(
                label=f"{label}公布的数值",
                max_length=200,
                widget=forms.TextInput(attrs={"autocomplete": "off", "class": "code"}),
                error_messages={"required": f"请填写{label}公布的数值；还没有公布就等，不能不用。"},
            )
        for party in self.parties:
            words = f"{party.name or party.party}的随机数是 64 位十六进制字符（0 到 9、a 到 f）。"
            self.fields[f"nonce_{party.party}"] = forms.RegexField(
                r"^\s*[0-9A-Fa-f]{64}\s*$",
                label=f"{party.name or party.party}当场交出的随机数",
                widget=forms.TextInput(attrs={"autocomplete": "off", "class": "code"}),
                error_messages={"required": words, "invalid": words},
            )
        for row in range(1, WITNESS_ROWS + 1):
            for part, label in (("name", "姓名"), ("unit", "单位")):
                widget = forms.TextInput(attrs={"autocomplete": "off"})
                self.fields[f"witness_{part}_{row}"] = forms.CharField(
                    label=f"第 {row} 名见证人{label}",
                    max_length=100,
                    required=False,
                    widget=widget,
                    named=part == "name",
                )
        for number in range(1, GROUPS + 1):
            words = f"第 {number} 组要 {GROUP_LENGTH} 位数字（0 到 9）。"
            attrs = {"inputmode": "numeric", "autocomplete": "off", "class": "digits"}
            self.fields[f"group_{number}"] = forms.RegexField(
                r"^\s*[0-9]{5}\s*$",
                label=f"第 {number} 组",
                max_length=12,
                widget=forms.TextInput(attrs=attrs),
                error_messages={"required": words, "invalid": words, "max_length": words},
            )

    @property
    def witness_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """(name, unit) fields per row."""
        return [(self[f"witness_name_{n}"], self[f"witness_unit_{n}"]) for n in range(1, WITNESS_ROWS + 1)]

    @property
    def groups(self) -> list[forms.BoundField]:
        """The eight fields of digits."""
        return [self[f"group_{number}"] for number in range(1, GROUPS + 1)]

    @property
    def handed(self) -> list[forms.BoundField]:
        """The fields of the beacon and of outside parties."""
        names = ["beacon"] if self.asks_beacon else []
        return [self[name] for name in [*names, *(f"nonce_{one.party}" for one in self.parties)]]

    def clean(self) -> dict[str, Any]:
        """``digits`` and ``witnesses`` as the service takes them; a row is filled or empty."""
        data = super().clean() or {}
        data["digits"] = "".join(data.get(f"group_{n}", "").strip() for n in range(1, GROUPS + 1))
        data["nonces"] = {one.party: data.get(f"nonce_{one.party}", "").strip().lower() for one in self.parties}
        data["witnesses"] = []
        for row in range(1, WITNESS_ROWS + 1):
            name, unit = data.get(f"witness_name_{row}", "").strip(), data.get(f"witness_unit_{row}", "").strip()
            if name and unit:
                data["witnesses"].append({"name": name, "unit": unit})
            elif name or unit:
                missing = "unit" if name else "name"
                self.add_error(f"witness_{missing}_{row}", "见证人的姓名和单位都要填写。")
        if not data["witnesses"] and not self.errors.keys() & {f"witness_name_{n}" for n in range(1, 6)}:
            self.add_error("witness_name_1", "至少要有 1 名见证人，请填写姓名和单位。")
        return data


class ReasonForm(KeyForm):
    """Why; the label says what for."""

    reason = text_field("理由", limit=500, rows=3)

    def __init__(self, *args: Any, label: str = "理由", help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].help_text = help_text
        self.fields["reason"].error_messages["required"] = f"请填写{label}。"


class SealedCopyForm(forms.Form):
    """Who keeps the office's number on paper."""

    holder = text_field("保管人姓名", limit=50, css="w-m")
    unit = text_field("保管人单位", limit=100, css="w-m")


class PersonOutForm(KeyForm):
    """A department's request that one of its drawn inspectors be replaced. Who comes in, nobody chooses."""

    member = forms.ModelChoiceField(
        queryset=TeamMember.objects.none(), label="要替换的检查人员", empty_label="请选择",
        error_messages={"required": "请选择要替换的检查人员。", "invalid_choice": "这名检查人员已不在队中，请刷新。"},
    )  # fmt: skip
    code = forms.ChoiceField(
        label="原因", choices=IOutReason.choices, widget=forms.RadioSelect, error_messages={"required": "请选择原因。"}
    )
    reason = text_field("情况说明", limit=500, rows=2, help_text="写明起止时间和依据，例如：6月5日起住院，有诊断证明。")
    evidence = forms.FileField(
        label="证明材料",
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(SIGNATURES)}),
        help_text="PDF、Word、Excel 或图片，不超过 10 MB。系统只公布它的摘要，不公布内容。",
        error_messages={"empty": "这个文件是空的，请重新选择。"},
    )

    def __init__(self, *args: Any, draw: Draw, user: User, seated: list[TeamMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [one.pk for one in seated if one.department_id == user.department_id]
        members = TeamMember.objects.filter(draw=draw, pk__in=own).select_related("inspector")
        self.fields["member"].queryset = members.order_by("team", "seat")
        self.fields["member"].label_from_instance = lambda one: f"{one.inspector.name}（第 {one.team} 队）"


class EnterpriseOutForm(KeyForm):
    """A request that a drawn enterprise be taken out, for what the confirmation does not cover."""

    selection = forms.ModelChoiceField(
        queryset=None, label="要替换的企业", empty_label="请选择",
        error_messages={"required": "请选择要替换的企业。", "invalid_choice": "这家企业已经退出，请刷新页面。"},
    )  # fmt: skip
    code = forms.ChoiceField(
        label="原因", choices=EOutReason.choices, widget=forms.RadioSelect, error_messages={"required": "请选择原因。"}
    )
    reason = text_field("情况说明", limit=500, rows=2)
    evidence = forms.FileField(
        label="证明材料",
        widget=forms.FileInput(attrs={"accept": ",".join(SIGNATURES)}),
        help_text="登记机关系统的查询结果等。PDF、Word、Excel 或图片，不超过 10 MB。",
        error_messages={"required": "请附上证明材料，没有证明不能替换企业。", "empty": "这个文件是空的，请重新选择。"},
    )

    def __init__(self, *args: Any, selections: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["selection"].queryset = selections
        self.fields["selection"].label_from_instance = lambda one: f"{one.enterprise} {one.enterprise.uscc}"


class BatchForm(KeyForm):
    """Requests ticked together, approved or refused in one batch."""

    requests = forms.ModelMultipleChoiceField(
        queryset=EventRequest.objects.none(),
        error_messages={"required": "请先勾选要办理的申请。", "invalid_choice": "有一份申请已经办理，请刷新页面。"},
    )
    note = text_field("办理意见", limit=500, required=False)
    note.widget.attrs["placeholder"] = "办理意见，不同意时必填"
    then = forms.ChoiceField(choices=[("approve", "同意"), ("refuse", "不同意")])

    def __init__(self, *args: Any, queryset: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requests"].queryset = queryset

    def clean(self) -> dict[str, Any]:
        """A refusal says why."""
        data = super().clean() or {}
        if data.get("then") == "refuse" and not data.get("note"):
            self.add_error("note", "请写明不同意的理由，申请部门会看到。")
        return data
