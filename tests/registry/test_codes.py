"""Codes that go into the files of a draw: refused by the form, by the database, and named by the freeze."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction

from registry.errors import DomainError
from registry.models import Department, Enterprise, Industry, InspectionItem, RiskLevel, RiskScheme, Specialty
from registry.models.shapes import ascii_code, grade_code, sound_uscc
from sampling.canonical import CODE, ID
from sampling.strata import CARRIED, RECENT, grade_of, kind_of
from tests import factories as f
from tests.sampling import plans as p

SOUND = f.uscc(770001)
BAD_USCC = ["", " ", SOUND[:17], SOUND + "0", SOUND.lower().replace("9", "a", 1), "I" + SOUND[1:],
            SOUND[:9] + "O" + SOUND[10:],
            SOUND[:17] + " ", SOUND[:17] + "Ａ", "A" + SOUND[1:], "\t" + SOUND[1:]]  # fmt: skip
BAD_CODES = ["", "-", "W L", "旅文", "W/L", "WL\n", "Ａ"]


def enterprise(**fields: Any) -> Enterprise:
    return Enterprise(uscc=SOUND, name="甲", entity_type="COMPANY", authority="乙", registered_on=dt.date(2020, 1, 1),
                      address="丙", updated_at=f.NOW, **fields)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("code", BAD_USCC)
def test_the_database_itself_refuses_a_code_of_another_shape(code: str) -> None:
    one = enterprise()
    one.uscc = code
    with pytest.raises((IntegrityError, DataError)) as refused, transaction.atomic():
        one.save()
    assert isinstance(refused.value, (IntegrityError, DataError))
    one.uscc = SOUND
    one.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Enterprise.objects.filter(pk=one.pk).update(uscc="")


@pytest.mark.django_db
@pytest.mark.parametrize("code", BAD_CODES)
def test_the_database_refuses_every_other_code_that_a_draw_file_cannot_hold(code: str) -> None:
    department, scheme = f.make_department("WL"), f.make_scheme()
    rows = [
        Department(code=code, name="甲局", short_name="甲"),
        Specialty(code=code, name="甲"),
        Industry(code=code, name="甲"),
        RiskScheme(code=code, name="甲"),
        RiskLevel(scheme=scheme, code=code, name="甲", order=9),
        InspectionItem(code=code, department=department, name="甲", effective_from=dt.date(2024, 1, 1)),
    ]
    taken = []
    for row in rows:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
            taken.append(type(row).__name__)
        except IntegrityError:
            pass
    assert taken == []


@pytest.mark.django_db
def test_the_group_of_the_ungraded_is_no_level() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RiskLevel.objects.create(scheme=f.make_scheme(), code="N", name="甲", order=9)


@pytest.mark.parametrize("code", BAD_USCC)
def test_the_form_refuses_with_a_reason(code: str) -> None:
    with pytest.raises(ValidationError):
        sound_uscc(code)


def test_the_check_digit_is_asked_for() -> None:
    sound_uscc(SOUND)
    wrong = SOUND[:17] + ("0" if SOUND[17] != "0" else "1")
    with pytest.raises(ValidationError) as refused:
        sound_uscc(wrong)
    assert refused.value.messages == [f"最后一位校验不符，应为{SOUND[17]}：请核对各位有无抄错。"]


@pytest.mark.parametrize("code", ["WL", "A-", "B.plus", "-a", "a_b", "A" * 32, *BAD_CODES, "A" * 33])
def test_what_the_forms_take_is_what_a_draw_file_takes(code: str) -> None:
    try:
        ascii_code(code)
        taken = True
    except ValidationError:
        taken = False
    assert taken == (CODE.fullmatch(code) is not None)


@pytest.mark.parametrize(
    ("code", "taken"), [("A", True), ("A-", True), ("B.plus", True), ("N", False), ("A-1", False), ("A-2", False),
                        ("-", False), ("", False), ("123456789", False)],
)  # fmt: skip
def test_a_grade_is_never_taken_for_a_class(code: str, taken: bool) -> None:
    try:
        grade_code(code)
    except ValidationError:
        assert not taken
    else:
        assert taken
        for kind in ("", CARRIED, RECENT):
            assert (grade_of(code + kind), kind_of(code + kind)) == (code, kind)


@contextmanager
def without_checks() -> Iterator[None]:
    """A database in which somebody has switched the check off, as a restore or an old version might leave it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints=ON")
        else:
            cursor.execute("ALTER TABLE registry_enterprise DROP CONSTRAINT enterprise_uscc_shape")
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints=OFF")


@pytest.mark.django_db
@pytest.mark.parametrize("inside", [True, False], ids=["in scope", "out of scope"])
def test_the_freeze_names_the_enterprise_and_not_the_line_of_a_file(inside: bool) -> None:
    plan = p.county()
    one = Enterprise.objects.order_by("pk")[0]
    if not inside:
        one.industries.clear()
    with without_checks():
        Enterprise.objects.filter(pk=one.pk).update(uscc="")
    with pytest.raises(DomainError) as refused:
        p.freeze(plan)
    assert refused.value.problems == [f"企业“{one.name}”的统一社会信用代码“”不合规，请系统管理员在“数据修复”里更正"]
    assert ID.fullmatch("") is None
