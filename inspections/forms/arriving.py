"""到场情况 on the page of entries: the outcome, and what it asks. Part of the own section, plain HTML."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django import forms
from django.http import QueryDict

from inspections import services
from inspections.arrival import FACTS
from inspections.enums import Arrival, Way
from inspections.forms.fields import OWED, moment_field, text_field
from inspections.models import DepartmentSection
from registry import clock

TEXTS = tuple(name for name in FACTS if name != "attempts")


class ArrivalForm(forms.Form):
    """Outcome and time, the facts of the outcomes, one more try to find somebody."""

    arrival = forms.ChoiceField(
        label="现场是什么情况", choices=Arrival.choices, required=False, widget=forms.RadioSelect,
        show_hidden_initial=True, error_messages={"invalid_choice": "没有这种到场情况，请重新选择。"},
    )  # fmt: skip
    arrived_at = moment_field("到达时间")
    found_at = text_field("现址或去向", length=300, show_hidden_initial=True, template_name=OWED)
    said = text_field("对方怎样说（照原话记）", rows=3, show_hidden_initial=True, template_name=OWED)
    met_name = text_field("接待人姓名", length=50, named=True, show_hidden_initial=True, template_name=OWED)
    met_post = text_field("职务", length=50, show_hidden_initial=True)
    onlooker_name = text_field("见证人姓名", length=50, named=True, show_hidden_initial=True, template_name=OWED)
    onlooker_unit = text_field("见证人单位或身份", length=100, show_hidden_initial=True, template_name=OWED)
    no_onlooker = text_field("没有见证人的，写明原因", length=200, show_hidden_initial=True, template_name=OWED)
    try_how = forms.ChoiceField(
        label="办法", choices=[("", "请选择"), *Way.choices], required=False, template_name=OWED
    )
    try_at = moment_field("时间", show_hidden_initial=False)
    try_by = forms.ChoiceField(label="谁去联系", required=False, template_name=OWED)
    try_note = text_field("情况", length=100)
    drop = forms.MultipleChoiceField(label="删去", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: QueryDict | None, *, section: DepartmentSection, members: Iterable[Any]) -> None:
        self.section = section
        people = [(str(one.pk), one.inspector.name) for one in members if not one.replaced]
        super().__init__(data, prefix="section", initial=self.stored(section))
        self.fields["try_by"].choices = people  # type: ignore[attr-defined]
        self.fields["drop"].choices = [(str(place), "") for place in range(len(section.attempts))]  # type: ignore[attr-defined]

    @staticmethod
    def stored(section: DepartmentSection) -> dict[str, Any]:
        """The values of a section, as initial data."""
        return {name: getattr(section, name) for name in ("arrival", "arrived_at", *TEXTS)}

    def facts(self) -> dict[str, Any]:
        """Arguments for save_section: only what was changed on the page."""
        found = {name: self.cleaned_data[name] for name in self.changed_data if name in TEXTS}
        gone = set(self.cleaned_data["drop"])
        rows = [row for place, row in enumerate(self.section.attempts) if str(place) not in gone]
        if how := self.cleaned_data["try_how"]:
            at = self.cleaned_data["try_at"] or clock.now()
            by = int(self.cleaned_data["try_by"] or self.fields["try_by"].choices[0][0])  # type: ignore[attr-defined]
            rows.append({"how": how, "at": at, "by": by, "note": self.cleaned_data["try_note"]})
        return found | ({"attempts": rows} if how or gone else {})

    def told(self, version: int) -> Any:
        """``save_arrival`` with what was chosen; None when nothing was. Another outcome is of now, unless told."""
        data, changed = self.cleaned_data, set(self.changed_data) & {"arrival", "arrived_at"}
        if not changed or not data["arrival"]:
            return None
        at = data["arrived_at"] if "arrived_at" in changed else None
        return partial(
            _save, section=self.section, outcome=data["arrival"], at=at or clock.now(), fallback=version
        )  # fmt: skip


def _save(*, fallback: int, version: int | None = None, **arguments: Any) -> Any:
    """``version``: of the own save just before on the same page, if there was one."""
    return services.save_arrival(version=fallback if version is None else version, **arguments)
