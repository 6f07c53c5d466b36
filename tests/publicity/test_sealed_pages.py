"""What the public sees of a sealed draw, of a void one, and of a rehearsal: nothing too early, nothing of the last."""

import pytest
from django.test import Client
from django.urls import reverse

from inspections.models import InspectionRecord
from publicity import reads
from publicity.services import publish_records
from registry.errors import DomainError
from sampling import services
from sampling.enums import RevealCause
from sampling.models import Draw, Plan, Reveal
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


def pages(plan: Plan, draw_id: str) -> str:
    """Every public page that could tell of the draw, in one text."""
    urls = [reverse("publicity:home"), reverse("publicity:draw_list"), reverse("publicity:plan_list"),
            reverse("publicity:plan_detail", args=[plan.pk]), reverse("publicity:draw_detail", args=[draw_id]),
            reverse("publicity:log_head")]  # fmt: skip
    answers = [Client().get(url) for url in urls]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.content.decode() for answer in answers)


def test_before_the_reveal_no_public_page_tells_seed_number_or_name() -> None:
    draw = p.sealed_draw()
    text = pages(draw.plan, draw.roster.draw_id)
    rows = draw.selections.values_list("enterprise__name", "enterprise__uscc", "ticket")
    hidden = [draw.seed, p.NONCE, *(one for row in rows for one in row)]
    assert [one for one in hidden if one in text] == []
    assert draw.digits[:5] in text
    assert draw.result_digest in text
    p.at(draw.roster.reveal_by)
    services.reveal_due()
    assert draw.seed in pages(draw.plan, draw.roster.draw_id)


def test_a_void_freeze_and_withdrawn_digits_are_told_with_their_reasons() -> None:
    plan = p.sealed(second=True)
    first = p.freeze(plan)
    services.void_freeze(actor=plan.created_by, plan=plan, reason="一家企业登记机关有误")
    assert "一家企业登记机关有误" in pages(plan, first.draw_id)
    second = p.freeze(Plan.objects.get(pk=plan.pk))
    p.at(p.DRAWN_AT)
    request = services.request_draw(
        actor=plan.created_by, plan=Plan.objects.get(pk=plan.pk), digits=p.DIGITS, witnesses=p.WITNESSES,
        key="withdrawn-key-00001",
    )  # fmt: skip
    services.withdraw_draw_request(actor=plan.created_by, request=request, reason="第三组录错")
    assert "第三组录错" in pages(plan, second.draw_id)


def test_a_rehearsal_is_on_no_public_page_and_is_not_published() -> None:
    real = p.county()
    plan = p.copied(real, rehearsal=True)
    roster = p.freeze(Plan.objects.get(pk=plan.pk))
    draw = p.draw(Plan.objects.get(pk=plan.pk))
    for name, key in (("draw_detail", roster.draw_id), ("plan_detail", plan.pk)):
        assert Client().get(reverse(f"publicity:{name}", args=[key])).status_code == 404
    assert reads.figures(2024)["draws"] == 0
    assert list(reads.public_rosters()) == []
    records = _reviewed(draw)
    assert list(reads.publishable(InspectionRecord.objects.all(), p.DRAWN_AT.date())) == []
    with pytest.raises(DomainError, match="是演练"):
        publish_records(actor=plan.created_by, records=records)


def test_the_last_publication_opens_a_sealed_draw() -> None:
    draw = p.sealed_draw()
    first, *rest = _reviewed(draw)
    publish_records(actor=draw.drawn_by, records=[first])
    assert Reveal.objects.count() == 0
    publish_records(actor=draw.drawn_by, records=rest)
    assert Reveal.objects.get().cause == RevealCause.PUBLISHED
    assert draw.seed in pages(draw.plan, draw.roster.draw_id)


def _reviewed(draw: Draw) -> list[InspectionRecord]:
    """A record per drawn enterprise, every section reviewed."""
    records = f.make_records(draw)
    for record in records:
        f.approve_sections(record)
    return records
