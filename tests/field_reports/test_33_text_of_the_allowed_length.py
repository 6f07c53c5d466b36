"""A text of exactly the allowed length is taken, whatever its line ends; a longer one says how many have to go."""

import inspect
from importlib import import_module

import pytest
from django import forms as plain
from django.core.validators import MaxLengthValidator

from inspections.forms.fields import text_field
from inspections.forms.sync import clean_text
from publicity.forms import AnswerForm, FeedbackForm, ReasonForm, SummaryForm
from registry import webforms as forms
from registry.errors import DomainError
from registry.text import too_long

MODULES = (
    "registry.forms", "registry.forms_accounts", "registry.county_forms", "sampling.forms.wizard", "publicity.forms",
    "sampling.forms.freezing", "sampling.forms.scope", "sampling.forms.ceremony", "inspections.forms.desk",
    "inspections.forms.conclusion", "inspections.forms.handover", "inspections.forms.phone",
    "inspections.forms.notices",
)  # fmt: skip
LINES = "一" * 99 + "\r\n"
EXACTLY = LINES * 19 + "二" * 100  # 2,000 for the browser, 2,019 with CR LF


def areas() -> list[tuple[str, forms.Field]]:
    """Every text of several lines with a limit, of every form."""
    found = []
    for module in MODULES:
        for _, form in inspect.getmembers(import_module(module), inspect.isclass):
            if issubclass(form, plain.BaseForm) and form.__module__ == module:
                found += [
                    (f"{form.__name__}.{name}", field)
                    for name, field in form.base_fields.items()
                    if isinstance(field.widget, plain.Textarea) and getattr(field, "max_length", None)
                ]
    return found


def test_the_reported_case() -> None:
    data = {"kind": "QUESTION", "subject": "甲", "key": "k" * 32}
    form = FeedbackForm({**data, "text": EXACTLY})
    assert form.is_valid(), form.errors
    assert len(form.cleaned_data["text"]) == 2000
    over = FeedbackForm({**data, "text": EXACTLY + "三四五"})
    assert over.errors == {"text": ["最多 2000 字，现在有 2003 字，多了 3 字，请删减后再提交。"]}


def test_every_text_of_several_lines_takes_its_own_length() -> None:
    found = areas()
    assert len(found) > 10
    for name, field in found:
        full = ("一\r\n" * field.max_length)[: field.max_length // 2 * 3]
        full = full[:-2] + "二" * (field.max_length - len(full[:-2].replace("\r\n", "\n")))
        assert (name, len(field.clean(full))) == (name, field.max_length)
        with pytest.raises(plain.ValidationError) as refused:
            field.clean(full + "三")
        assert (name, refused.value.messages) == (name, [too_long(field.max_length + 1, field.max_length)])


def test_no_text_of_any_form_has_another_limit_or_another_sentence() -> None:
    for module in MODULES:
        for _, form in inspect.getmembers(import_module(module), inspect.isclass):
            if issubclass(form, plain.BaseForm) and form.__module__ == module:
                for name, field in form.base_fields.items():
                    limits = [one for one in field.validators if isinstance(one, MaxLengthValidator)]
                    kinds = {type(one) for one in limits}
                    assert (form.__name__, name, kinds - {forms.LongestText}) == (form.__name__, name, set())


def test_one_line_a_limit_set_later_and_the_phone_say_it_too() -> None:
    field = text_field("说明", length=5)
    with pytest.raises(plain.ValidationError) as refused:
        field.clean("一二三四五六七")
    assert refused.value.messages == ["最多 5 字，现在有 7 字，多了 2 字，请删减后再提交。"]
    with pytest.raises(DomainError) as offline:
        clean_text("一\r\n" * 3, 4)
    assert offline.value.message == "最多 4 字，现在有 5 字，多了 1 字，请删减后再提交。"
    summary = SummaryForm({"as_of": "2024-06-03", "key": "k" * 32, "highlights": "字" * 5001})
    assert summary.errors["highlights"] == ["最多 5000 字，现在有 5001 字，多了 1 字，请删减后再提交。"]
    assert summary.fields["highlights"].widget.attrs["maxlength"] == "5000"
    assert [form.base_fields[name].max_length for form, name in ((AnswerForm, "answer"), (ReasonForm, "reason"))] == [
        2000,
        500,
    ]
