"""Forms of the registry pages. A file is read here, so that its errors stand beside the field."""

import datetime as dt
import re
from dataclasses import replace
from typing import Any

from registry import webforms as forms
from registry.enums import DayKind, ImportKind, InspectorStatus
from registry.importers import Reading, read_registry_file
from registry.models import Enterprise, Inspector, RiskScheme, User
from registry.operations import new_key
from registry.seenforms import SeenForm
from registry.services import current_calendar
from registry.spreadsheets import Header, Kind, SpreadsheetError, parse_date, read_rows
from registry.text import folded, folded_code
from registry.workdays import Calendar

DAY_WORDS = {
    "休": DayKind.OFF,
    "放假": DayKind.OFF,
    "班": DayKind.WORK,
    "上班": DayKind.WORK,
    "调休上班": DayKind.WORK,
    "本地休息": DayKind.LOCAL_OFF,
}
DAY_HEADERS = [Header("日期", Kind.DATE), Header("安排"), Header("说明", required=False)]


def date_input() -> forms.DateInput:
    """A browser's date field."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class UploadForm(forms.Form):
    """A registry file; after ``is_valid()`` its `Reading` stands in ``reading``."""

    kind = forms.ChoiceField(
        label="导入什么",
        choices=ImportKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择导入企业名录还是执法检查人员名录。"},
    )
    scheme = forms.ModelChoiceField(
        label="信用风险等级按哪个办法",
        queryset=RiskScheme.objects.all(),
        required=False,
        empty_label=None,
        help_text="只用于企业名录。",
    )
    file = forms.FileField(
        label="文件",
        help_text="只收 .xlsx，最大 20 MB、100,000 行。表头照模板，可以有标题行，列的顺序不限。选好文件就开始上传。",
        widget=forms.FileInput(attrs={"accept": ".xlsx", "data-upload-on-choice": True}),
        error_messages={"required": "请选择要导入的 .xlsx 文件。", "empty": "文件是空的，请重新选择文件。"},
    )

    reading: Reading

    def clean(self) -> dict[str, Any]:
        """Read the file; wrong rows are no error of the form, they are shown in the preview."""
        data = super().clean() or {}
        if data.get("kind") == ImportKind.ENTERPRISES:
            data["scheme"] = data.get("scheme") or RiskScheme.objects.first()
            if data["scheme"] is None:
                self.add_error("scheme", "还没有信用风险分级办法，请系统管理员先载入基础数据。")
        else:
            data["scheme"] = None
        if data.get("file") and data.get("kind") and not self.errors:
            try:
                self.reading = read_registry_file(data["file"], kind=data["kind"], scheme=data["scheme"])
            except SpreadsheetError as error:
                self.add_error("file", f"{error}。")
        return data


class InspectorStatusForm(SeenForm):
    """Whether an inspector can be drawn."""

    status = forms.ChoiceField(label="状态", choices=InspectorStatus.choices, widget=forms.RadioSelect)
    unavailable_from = forms.DateField(label="不在岗自", required=False, widget=date_input())
    unavailable_to = forms.DateField(label="不在岗至", required=False, widget=date_input(), help_text="不知道就空着。")
    badge_valid_until = forms.DateField(label="执法证有效期至", widget=date_input(), help_text="换证后改成新的日期。")

    def clean(self) -> dict[str, Any]:
        """The two days of an absence in order."""
        data = super().clean() or {}
        first, last = data.get("unavailable_from"), data.get("unavailable_to")
        if data.get("status") == InspectorStatus.UNAVAILABLE and not first and "unavailable_from" not in self.errors:
            self.add_error("unavailable_from", "休假或借调请写明从哪一天开始。")
        if last and not first:
            self.add_error("unavailable_from", "填了“不在岗至”，也要填“不在岗自”。")
        elif first and last and last < first:
            self.add_error("unavailable_to", "“不在岗至”早于“不在岗自”，请核对两个日期。")
        return data


class RecusalForm(forms.Form):
    """Declare a recusal; only inspectors the user may see can be named."""

    inspector = forms.ModelChoiceField(
        label="执法检查人员",
        queryset=Inspector.objects.none(),
        empty_label="请选择",
        error_messages={"required": "请选择执法检查人员。"},
    )
    uscc = forms.CharField(
        label="企业的统一社会信用代码或全称",
        max_length=200,
        error_messages={"required": "请填写企业的统一社会信用代码或全称。"},
    )
    reason = forms.CharField(
        label="回避理由",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如：与该企业负责人是近亲属（行政处罚法第四十三条）。",
        error_messages={"required": "请写明回避理由，例如：与该企业负责人是近亲属。"},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Inspector.objects.visible_to(user).select_related("department")
        self.fields["inspector"].queryset = mine
        self.user = user

    def clean_uscc(self) -> Enterprise:
        """The one enterprise with this code or name."""
        word = self.cleaned_data["uscc"]
        seen = Enterprise.objects.visible_to(self.user)
        found = list(seen.filter(uscc=folded_code(word))[:1]) or list(seen.filter(search_key=folded(word))[:2])
        if not found:
            raise forms.ValidationError("名录里没有这家企业，请核对代码或全称。")
        if len(found) > 1:
            raise forms.ValidationError("有几家企业叫这个名称，请改填统一社会信用代码。")
        return found[0]


class DueForm(forms.Form):
    """算一个期限: from which day, how many working days."""

    start = forms.DateField(label="从", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    n = forms.IntegerField(
        label="加几个工作日", min_value=1, max_value=250, widget=forms.NumberInput(attrs={"class": "w-s"})
    )


class ClosingDayForm(forms.Form):
    """A day on which the county's offices are closed, or open again."""

    day = forms.DateField(label="哪一天", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    what = forms.ChoiceField(
        label="改成", choices=[("close", "本地休息，不算工作日"), ("open", "取消本地休息，恢复原来的安排")],
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = forms.CharField(label="理由", max_length=100, help_text="如：自治县成立纪念日放假，附文件名称。")
    key = forms.CharField(widget=forms.HiddenInput, initial=new_key)

    def calendar(self) -> Calendar:
        """The calendar as it would be."""
        stored, _version = current_calendar()
        day = {self.cleaned_data["day"]}
        closed = stored.closed | day if self.cleaned_data["what"] == "close" else stored.closed - day
        return replace(stored, closed=closed)


class CalendarForm(forms.Form):
    """A year's notice: the days that are not what their weekday says, pasted as lines or as .xlsx.

    After ``is_valid()`` the days stand in ``days`` as (date, kind, name) in order.
    """

    year = forms.IntegerField(
        label="年份", min_value=2000, max_value=2199, widget=forms.NumberInput(attrs={"class": "w-s"})
    )
    notice = forms.CharField(
        label="放假通知", max_length=200, help_text="文号或公布日期，如：国务院办公厅 2025年11月4日通知。"
    )
    number = forms.CharField(
        label="文号", max_length=60, required=False, help_text="以通知原件为准；不清楚就不填，页面会写“文号未录入”。"
    )
    text = forms.CharField(
        label="逐行粘贴",
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="每行一天：日期、休或班、说明，用空格或逗号隔开，如：2027-01-01 休 元旦。只列与平常不同的日子；"
        "通知里上一年 12 月的日子照样列出，会存到上一年。",
    )
    file = forms.FileField(
        label="或者上传 .xlsx",
        required=False,
        help_text="三列：日期、安排（休、班、本地休息）、说明。",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )

    days: list[tuple[dt.date, str, str]]

    def clean(self) -> dict[str, Any]:
        """All wrong lines at once."""
        data = super().clean() or {}
        if data.get("file"):
            self.days = self._from_file(data["file"])
        else:
            self.days = self._from_text(data.get("text", ""))
        if not self.days and not self.errors:
            self.add_error("text", "还没有一天，请粘贴放假通知里的日子，或上传 .xlsx。")
        self.days.sort()
        return data

    def _from_text(self, text: str) -> list[tuple[dt.date, str, str]]:
        days = []
        for number, line in enumerate(text.splitlines(), start=1):
            parts = [part for part in re.split(r"[\s,，、;；]+", line.strip()) if part]
            if parts and (day := self._day("text", number, parts[0], parts[1:2], " ".join(parts[2:]))):
                days.append(day)
        return days

    def _from_file(self, file: Any) -> list[tuple[dt.date, str, str]]:
        try:
            sheet = read_rows(file, DAY_HEADERS, max_rows=366)
        except SpreadsheetError as error:
            self.add_error("file", f"{error}。")
            return []
        days = []
        for row in sheet.rows:
            for problem in row.problems:
                self.add_error("file", str(problem))
            cells = row.cells
            if not row.problems and (
                day := self._day("file", row.number, cells["日期"], [cells["安排"]], cells.get("说明") or "")
            ):
                days.append(day)
        return days

    def _day(self, field: str, number: int, day: Any, kind: list[Any], name: str) -> tuple[dt.date, str, str] | None:
        try:
            parsed = parse_date(day)
        except ValueError as error:
            self.add_error(field, f"第{number}行 日期: {error}")
            return None
        found = DAY_WORDS.get(kind[0] or "") if kind else None
        if found is None:
            self.add_error(field, f"第{number}行 安排: 请写“休”“班”或“本地休息”")
            return None
        return parsed, found.value, name[:50]
