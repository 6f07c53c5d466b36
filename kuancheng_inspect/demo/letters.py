"""Letters of the public to the lead bureau, as they come in through the public page, and what it answers."""

from inspections.models import InspectionRecord
from kuancheng_inspect.demo.accounts import Cast
from kuancheng_inspect.demo.times import at
from publicity import services as publishing
from publicity.enums import FeedbackKind
from publicity.models import Feedback, Publication
from sampling.models import Plan


def report(plan: Plan, subject: str, text: str) -> Feedback:
    """举报."""
    return publishing.submit_feedback(
        kind=FeedbackKind.REPORT, subject=subject, text=text, contact="演示群众，演示电话", plan=plan
    )


def ask(plan: Plan, subject: str, text: str) -> Feedback:
    """咨询."""
    return publishing.submit_feedback(
        kind=FeedbackKind.QUESTION, subject=subject, text=text, contact="演示经营者", plan=plan
    )


def object_to(record: InspectionRecord) -> Feedback:
    """异议 of an enterprise to what was published of it."""
    publication = Publication.objects.current().get(record=record)
    return publishing.submit_feedback(
        kind=FeedbackKind.OBJECTION, subject=record.selection.enterprise.name, contact="演示企业",
        text="第 1 项业务检查时已经停办，请更正（演示）。", publication=publication,
    )  # fmt: skip


def answer(cast: Cast, letter: Feedback, text: str) -> None:
    """By the lead bureau."""
    publishing.answer_feedback(actor=cast.lead, feedback=letter, answer=text)


def of_2024(cast: Cast, plan: Plan) -> None:
    """While the campaign of 2024 went on: a question and a complaint, both answered."""
    at("2024-06-13 09:40")
    question = ask(plan, "检查会不会提前通知", "想问双随机检查会不会提前打电话、要不要关门等（演示）。")
    at("2024-06-14 10:00")
    complaint = report(plan, "演示某网吧接纳未成年人", "晚上看到未成年人上网，请查（演示）。")
    answer(cast, question, "检查不收费，不用停业；检查人员到场先出示执法证件和检查通知书（演示）。")
    at("2024-06-17 09:00")
    answer(cast, complaint, "已转当地执法人员核查，结果另行告知；公示结果请看公示页（演示）。")


def of_2026(cast: Cast, plan: Plan) -> None:
    """Three came in this year: one answered, two wait for an answer."""
    at("2026-09-10 11:00")
    question = ask(plan, "检查结果在哪里看", "听说今年抽查已经开始，结果什么时候公布（演示）。")
    at("2026-09-10 17:10")
    report(plan, "演示某歌舞厅消防通道堆物", "后门安全出口堆放桌椅，打不开（演示）。")
    at("2026-09-11 09:00")
    answer(cast, question, "检查结束后 20 个工作日内在公示页公布，可按企业名称查（演示）。")
    ask(plan, "延时营业怎样申请", "节假日想延长营业时间，找哪个部门（演示）。")
