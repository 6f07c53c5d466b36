"""The form of the freeze: what was looked at, that it was, and what outside parties committed to."""

from collections.abc import Sequence
from typing import Any

from registry import webforms as forms
from sampling.canonical import CODE, HEX64
from sampling.forms.wizard import KeyForm
from sampling.models import Nonce
from sampling.services import OtherYear, Party

PARTY_ROWS = 3
PARTS = (("code", "代码", "w-s code", 32), ("name", "单位", "w-m", 100), ("commitment", "承诺值", "w-l code", 80))


class FreezeForm(KeyForm):
    """The freeze; ``sealed`` plans also take the commitments of up to three outside parties (draw.md §0.4), made for
    the draw number in ``draw_id``."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    checked = forms.BooleanField(
        label="我已核对名单、比例和人员，知道冻结后都不能再改",
        error_messages={"required": "请核对后勾选“我已核对”。"},
    )

    def __init__(self, *args: Any, sealed: bool = False, other_years: Sequence[OtherYear] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.other_years = other_years
        if other_years:
            self.fields["kept_years"] = forms.MultipleChoiceField(
                choices=[(one.key, str(one)) for one in other_years],
                required=False,
                error_messages={"invalid_choice": "有一处文字在您核对之后改过，请重新核对。"},
            )
            self.fields["years_reason"] = forms.CharField(label="为什么保留", required=False, max_length=200)
        self.numbers = range(1, PARTY_ROWS + 1) if sealed else range(0)
        if sealed:
            self.fields["draw_id"] = forms.CharField(widget=forms.HiddenInput, required=False)
        for number in self.numbers:
            for part, label, css, limit in PARTS:
                self.fields[f"party_{part}_{number}"] = forms.CharField(
                    label=f"第 {number} 个单位的{label}" if part != "name" else f"第 {number} 个单位的名称",
                    required=False,
                    max_length=limit,
                    widget=forms.TextInput(attrs={"autocomplete": "off", "class": css}),
                )

    @property
    def kept(self) -> set[str]:
        """The places that are ticked as right, as typed."""
        return set(self["kept_years"].value() or []) if self.other_years else set()

    @property
    def party_rows(self) -> list[list[forms.BoundField]]:
        """(code, name, commitment) fields per row."""
        return [[self[f"party_{part}_{number}"] for part, *_ in PARTS] for number in self.numbers]

    @property
    def party_filled(self) -> bool:
        """Whether something was typed in these rows, so that they are shown unfolded."""
        return any(field.value() for row in self.party_rows for field in row)

    @property
    def parties(self) -> list[Party]:
        """The rows that were filled, as the service takes them."""
        rows = [[self.cleaned_data[field.name] for field in row] for row in self.party_rows]
        return [Party(*row) for row in rows if row[0]]

    def clean(self) -> dict[str, Any]:
        """A row is filled or empty, its code is good and its own, its commitment 64 hex: all errors at once."""
        data, taken = super().clean() or {}, {Nonce.OFFICE}
        for number in self.numbers:
            names = [f"party_{part}_{number}" for part, *_ in PARTS]
            code, name, commitment = (data.get(one, "") for one in names)
            if not (code or name or commitment):
                continue
            if not CODE.fullmatch(code) or code in taken:
                self._refuse(names[0], "代码要填英文字母或数字，各单位不同，也不能用 office，例如 jijian、notary。")
            taken.add(code)
            if not name:
                self._refuse(names[1], "请写明是哪个单位。")
            data[names[2]] = commitment = commitment.lower()
            if not HEX64.fullmatch(commitment):
                self._refuse(names[2], "承诺值是 64 位十六进制字符（0 到 9、a 到 f），请核对。随机数本身不要填在这里。")
        return data

    def _refuse(self, name: str, words: str) -> None:
        if name not in self.errors:
            self.add_error(name, words)

    def show_again(self, seen: str, draw_id: str, key: str) -> None:
        """Show the refused form with the numbers to be looked at now. Commitments made for another draw number are
        emptied: nobody could ever open them."""
        data = self.data.copy()
        data["seen"], data["key"] = seen, key
        if self.numbers and data.get("draw_id") != draw_id:
            for number in self.numbers:
                data[f"party_commitment_{number}"] = ""
            data["draw_id"] = draw_id
        self.data = data
