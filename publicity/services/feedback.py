"""举报、异议、咨询: what the public writes, and the answer of the lead bureau (通知七(四))."""

import hashlib
import json
import secrets
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction

from publicity.enums import FeedbackKind
from publicity.models import Feedback, Publication
from registry import audit, clock, county
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from registry.operations import KEY, once
from registry.text import too_long
from sampling.models import Plan

STREAM = "feedback"  # not that of the publications: a letter must not wait for a batch of them
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0 O 1 I L: read out over the phone
MAX_TEXT = 2000
PER_HOUR = 100  # of one address: a program; a street behind one address writes fewer, and each of them is heard
TRIES = 5


def address_key(address: str) -> str:
    """The cache key of a sender: a keyed hash, so that no address is stored."""
    return "feedback:" + hashlib.sha256(f"{settings.SECRET_KEY}/{address}".encode()).hexdigest()[:32]


def _count(sender: str) -> None:
    """One more from this sender's own address; refuses what only a program sends. Others' letters never count."""
    key = address_key(sender)
    cache.add(key, 0, timeout=3600)
    try:
        sent = cache.incr(key)
    except ValueError:  # expired between the two lines
        sent = 1
    if sent > PER_HOUR:
        phone = county.current().complaint_phone
        raise DomainError(
            f"这个网络地址一小时内已经来信 {PER_HOUR} 次，这一封没有收下，请稍后再提交，或现在拨打 {phone}。"
        )


def new_number() -> str:
    """A number that tells its day and cannot be guessed, such as 20240603-7FQ3K2M9."""
    return f"{clock.today():%Y%m%d}-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def submit_feedback(
    *,
    kind: str,
    subject: str,
    text: str,
    contact: str = "",
    plan: Plan | None = None,
    publication: Publication | None = None,
    sender: str = "",
) -> Feedback:
    """Store what somebody wrote and give it a number. ``sender``: network address, used for the limit only.

    Raises DomainError for an empty or overlong text, an unknown kind, and more letters of an address than people write.
    """
    text, subject = text.strip(), subject.strip()
    if kind not in FeedbackKind.values:
        raise DomainError("请选择要反映的是哪一类情况。")
    if not text or not subject:
        raise DomainError("请写明涉及的企业或事项，以及具体情况。")
    if len(text) > MAX_TEXT:
        raise DomainError(f"内容{too_long(len(text), MAX_TEXT)}")
    if sender:
        _count(sender)
    plan = plan or (publication.plan if publication else None)
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                feedback = Feedback.objects.create(
                    kind=kind,
                    plan=plan,
                    publication=publication,
                    subject=subject[:200],
                    text=text,
                    contact=contact.strip()[:100],
                    number=new_number(),
                    received_at=clock.now(),
                )
                audit.record(stream=STREAM, actor=None, action="收到来信", obj=feedback, after={"kind": kind})
                return feedback
        except IntegrityError:  # the number is taken: one chance in 10^11, the next one is not
            continue
    raise DomainError("系统正忙，没有收到，请再提交一次。")


def receive_letter(*, key: str, sender: str = "", **letter: Any) -> str:
    """``submit_feedback`` once for one page and one text: sent again, by Back or by two requests at once, it is the
    same letter. Returns its number. Another text from the same page is another letter."""
    said = json.dumps([letter.get(name, "") for name in ("kind", "subject", "text", "contact")], ensure_ascii=False)
    own = hashlib.sha256(f"{key}\n{said}".encode()).hexdigest()

    def effect() -> dict[str, Any]:
        return {"number": submit_feedback(sender=sender, **letter).number}

    if not KEY.match(key):
        raise DomainError("页面已过期，请刷新后再提交一次。")
    answer, _ = once(key=own, user=None, action="publicity:feedback", effect=effect)
    return str(answer["number"])


@transaction.atomic
def answer_feedback(*, actor: User, feedback: Feedback, answer: str) -> Feedback:
    """Answer once; the sender reads it under the number. Raises DomainError when not the lead bureau or answered."""
    feedback = Feedback.objects.select_for_update(of=("self",)).select_related("plan__lead").get(pk=feedback.pk)
    own = feedback.plan is None or feedback.plan.lead_id == actor.department_id
    if Role.LEAD not in actor.roles or not own:
        raise DomainError("来信由任务的牵头部门答复，请联系该部门办理。")
    if feedback.answered_at:
        raise DomainError(f"{feedback.number} 已经答复过，不能改写；有新情况请另行联系来信人。")
    if not answer.strip():
        raise DomainError("请写明答复内容。")
    feedback.answer, feedback.answered_at, feedback.answered_by = answer.strip(), clock.now(), actor
    feedback.save(update_fields=["answer", "answered_at", "answered_by"])
    audit.record(stream=STREAM, actor=actor, action="答复来信", obj=feedback, after={"answer": feedback.answer})
    return feedback
