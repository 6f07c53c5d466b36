"""The code by which the second officer confirms that both are there."""

from django import forms


class AttendForm(forms.Form):
    """到场码 of the colleague."""

    code = forms.RegexField(
        r"^\d{6}$", label="到场码", error_messages={"required": "请输入六位到场码。", "invalid": "到场码是六位数字。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "6", "class": "w-m"}),
    )  # fmt: skip
