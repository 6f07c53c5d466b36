"""What a frozen list says, in words: read from its own files and from settings that a freeze has closed."""

import datetime as dt

from registry import clock
from sampling import bundle
from sampling.models import Plan, Roster

WEEKDAYS = "一二三四五六日"


def names_of(roster: Roster) -> dict[str, str]:
    """Code → name of every enterprise on the list, as it was called when it was frozen."""
    lines = roster.files.get(name="names").content.splitlines()[1:]
    pairs = (line.split("\t") for line in lines)
    return {row[0]: row[1] for row in pairs if len(row) == 2}


def when(moment: dt.datetime) -> str:
    """``2024年6月4日（周二）10:06`` in Shanghai."""
    at = moment.astimezone(clock.SHANGHAI)
    return f"{at.year}年{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）{at:%H:%M}"


def digest(content: bytes) -> str:
    """SHA-256 of a file in hex, as everybody can compute it."""
    return bundle.sha256_hex(content)


def dice_words(plan: Plan, not_before: dt.datetime) -> str:
    """When and where the dice are rolled: as planned, else from the earliest moment on."""
    moment = when(plan.entropy_at) if plan.entropy_at else f"{when(not_before)}以后"
    return f"{moment}，{plan.entropy_place}" if plan.entropy_place else moment


def entropy_words(roster: Roster) -> list[tuple[str, str]]:
    """The named events of the public randomness in their order: (what, which one exactly)."""
    freeze = bundle.read_freeze(roster.files.get(name="freeze").content.encode())
    said = []
    for kind, spec in freeze.entropy:
        if kind == "dice10":
            said.append(("十面骰子 40 位数字，见证人在场", dice_words(roster.plan, roster.not_before)))
        elif kind == "drand":
            said.append(("drand 公共随机信标", f"第 {spec.rpartition(':')[2]} 轮"))
        else:
            said.append(("双色球开奖号码", f"第 {spec} 期"))
    return said


def openness_words(roster: Roster) -> str:
    """What the public gets when, by the settings that were frozen."""
    strata = "含信用风险等级" if roster.strata_public else "不含信用风险等级"
    if not roster.sealed:
        return f"公开抽取：抽取后全部文件立即公开（{strata}）"
    until = f"最迟 {when(roster.reveal_by)}" if roster.reveal_by else "检查结果全部公示时"
    return f"封存抽取：揭示以前只公开时间、数目和摘要；{until}揭示（{strata}）"
