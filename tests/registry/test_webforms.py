"""Every text field of every form folds what comes in, and says where a character stands that it cannot keep."""

from __future__ import annotations

import django.forms
import pytest
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from inspections.forms.phone import FindingForm, HeadForm
from inspections.forms.sync import read_answer, read_signing
from publicity.forms import FeedbackForm, SummaryForm
from registry import webforms as forms
from registry.errors import DomainError
from registry.repair import RepairAdmin


class Named(forms.Form):
    person = forms.CharField(label="签字人", named=True, required=False, max_length=4)
    text = forms.CharField(label="说明", widget=forms.Textarea, max_length=5, required=False)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)
    password = forms.CharField(widget=forms.PasswordInput, strip=False, required=False)


def cleaned(**data: str) -> dict[str, str]:
    form = Named(data)
    assert form.is_valid(), form.errors
    return {name: form.cleaned_data[name] for name in data}


def test_a_field_folds_what_comes_in() -> None:
    assert cleaned(person="李　\u200b四", text="一\r\n⼆\u200b\r\n三") == {"person": "李四", "text": "一\n二\n三"}
    assert cleaned(hidden="[1,  2]", password=" a\u3000b ") == {"hidden": "[1,  2]", "password": " a\u3000b "}


def test_what_cannot_be_kept_is_an_error_with_its_place() -> None:
    form = Named({"person": "李\ufffd", "text": "第\ue123"})
    assert form.errors == {
        "person": ["签字人的第2个字是乱码（U+FFFD），请对照原件改正。"],
        "text": ["说明的第2个字是别的电脑显示不出的造字（U+E123），请换成标准汉字。"],
    }


def test_forms_of_models_and_of_the_repair_site_have_such_fields(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    plain: list[str] = []
    seen = 0
    for model, screen in admin.site._registry.items():
        if not isinstance(screen, RepairAdmin):
            continue
        for name, field in ModelAdmin.get_form(screen, request, fields=admin_fields(screen)).base_fields.items():
            if isinstance(field, django.forms.CharField) and not isinstance(field, django.forms.JSONField):
                seen += 1
                plain += [] if isinstance(field, forms.CharField) else [f"{model.__name__}.{name}"]
    assert seen > 20
    assert [one for one in plain if not one.startswith("User.")] == []
    texts = [field for field in SummaryForm.base_fields.values() if isinstance(field, django.forms.CharField)]
    assert {type(field) for field in texts} == {forms.CharField}


def admin_fields(screen: ModelAdmin) -> list[str]:
    return [field.name for field in screen.model._meta.fields if field.editable and not field.primary_key]


def test_the_phone_with_and_without_a_network() -> None:
    head = HeadForm({"place": "测试　路\u200b1号", "version": "1"})
    assert (head.is_valid(), head.cleaned_data["place"]) == (True, "测试 路1号")
    item = FindingForm({"answer": "NOT_OK", "text_bad": "⽹线\r\n乱", "version": "1"})
    assert (item.is_valid(), item.given()["text"]) == (True, "网线\n乱")
    assert read_answer({"answer": "NOT_OK", "text": "⽹线\r\n乱\x00"})["text"] == "网线\n乱"
    fields = {"signature": "SIGNED", "signatory_name": "李　四", "opinion_text": "无 意见"}
    assert read_signing({"fields": fields}) == fields | {"signatory_name": "李四", "opinion_agrees": None}
    with pytest.raises(DomainError) as refused:
        read_answer({"answer": "NOT_OK", "text": "第\ufffd"})
    assert refused.value.message == "第2个字是乱码（U+FFFD），请对照原件改正。"


def test_a_text_of_exactly_the_allowed_length_is_taken_whatever_its_line_ends() -> None:
    lines = "一\r\n" * 999 + "一二"
    form = FeedbackForm({"kind": "COMPLAINT", "subject": "甲", "text": lines})
    form.is_valid()
    assert form.cleaned_data.get("text") == lines.replace("\r\n", "\n")
