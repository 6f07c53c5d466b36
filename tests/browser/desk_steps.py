"""What the desks of an office do from its first day to the first published result, each step on its page."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
from playwright.sync_api import Page, expect

from registry.uscc import UsccError, clean_uscc
from tests.browser.steps import fits, follow

SHANGHAI = ZoneInfo("Asia/Shanghai")
AUTHORITY = "演示县市场监督管理局"
DIGITS = ["48392", "01756", "60391", "48577", "20194", "63857", "11223", "40506"]
ENTERPRISE_COLUMNS = ["统一社会信用代码", "名称", "主体类型", "登记机关", "登记状态", "成立日期", "住所", "行业",
                      "信用风险等级", "等级日期", "联系人", "联系电话"]  # fmt: skip
INSPECTOR_COLUMNS = ["姓名", "部门", "执法证号", "执法证有效期至", "状态"]
PUBLIC_DAYS = ["01-01 元旦", "05-01 劳动节", "10-01 国庆节", "10-02 国庆节", "10-03 国庆节"]


def day_of(moment: float) -> dt.date:
    """The date in the county."""
    return dt.datetime.fromtimestamp(moment, SHANGHAI).date()


def code_of(number: int) -> str:
    """An invented code of an enterprise whose check character is right."""
    for last in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        try:
            return clean_uscc(f"91130827MA{number:07d}{last}")
        except UsccError:
            continue
    raise AssertionError(number)


def workbook(path: Path, columns: list[str], rows: list[list[str]]) -> Path:
    """An Excel file as somebody would save it: one sheet, all cells text."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in [columns, *rows]:
        sheet.append(line)
    book.save(path)
    return path


def enterprises(path: Path) -> Path:
    """Three internet cafés."""
    kind, rest = ["个体工商户", AUTHORITY, "存续", "2019-05-20"], ["网吧", "A", "2024-06-01", "赵某", "13900000000"]
    rows = [
        [code_of(number), f"演示{name}网吧", *kind, f"演示镇示例街{number}号", *rest]
        for number, name in enumerate("甲乙丙", 1)
    ]
    return workbook(path, ENTERPRISE_COLUMNS, rows)


def inspectors(path: Path, departments: list[str], until: dt.date) -> Path:
    """Two of each department."""
    rows = [
        [f"{department[:2]}{name}某", department, f"13082700{place}{number}", until.isoformat(), "在岗"]
        for place, department in enumerate(departments, 1)
        for number, name in enumerate("钱孙", 1)
    ]
    return workbook(path, INSPECTOR_COLUMNS, rows)


def county_settings(page: Page) -> None:
    """The administrator looks at the county's name and codes and saves them once."""
    follow(page.get_by_role("link", name="核对本县设置").first)
    page.fill("input[name=reason]", "系统启用，已核对")
    fits(page)
    follow(page.get_by_role("button", name="保存本县设置"))
    page.goto("/daiban/")
    expect(page.get_by_role("link", name="看本县设置")).to_be_visible()


def slips(page: Page) -> dict[str, str]:
    """Login name → one-time password, from the printed sheet."""
    found = page.locator(".slip").evaluate_all(
        "all => all.map(one => [...one.querySelectorAll('dd')].map(dd => dd.textContent.trim()))"
    )
    return dict(found)


def open_account(page: Page, login: str, name: str, department: str, role: str) -> str:
    """One account; the password of its slip."""
    page.goto("/mingku/zhanghao/xin/")
    page.fill("input[name=username]", login)
    page.fill("input[name=name]", name)
    if department:
        page.select_option("select[name=department]", label=department)
    page.get_by_role("checkbox", name=role, exact=True).check()
    follow(page.get_by_role("button", name="开设账号，显示密码条"))
    return slips(page)[login]


def load_calendars(page: Page, years: list[int]) -> None:
    """The notices of the years that the office does not have yet."""
    for year in years:
        page.goto(f"/mingku/rili/?year={year}")
        if page.locator(".month, .months, [class*=cal-month]").count():
            continue
        page.goto(f"/mingku/rili/daoru/?year={year}")
        page.fill("input[name=year]", str(year))
        page.fill("input[name=notice]", f"演示：{year - 1}年11月公布")
        lines = [f"{year}-{day.split()[0]} 休 {day.split()[1]}" for day in PUBLIC_DAYS]
        page.fill("textarea[name=text]", "\n".join(lines))
        follow(page.get_by_role("button", name="核对"))
        fits(page)
        follow(page.locator("button[form=days]").last)


def import_file(page: Page, kind: str, path: Path, count: int) -> None:
    """Upload, look at the preview, import."""
    page.goto(f"/mingku/daoru/?kind={kind}")
    page.locator(f"input[name=kind][value={kind}]").check(force=True)
    with page.expect_navigation(wait_until="load", url=re.compile(r"/daoru/\d+/")):
        page.locator("input[type=file]").set_input_files(path)
    fits(page)
    follow(page.locator("button[name=do][value=import]"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"新增 {count}")


def inspectors_accounts(page: Page, count: int) -> dict[str, str]:
    """Accounts for all that the lead has imported, in one step; login name → password."""
    page.goto("/daiban/")
    follow(page.get_by_role("link", name="给检查人员开账号").first)
    follow(page.get_by_role("button", name="开设账号，显示密码条"))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"密码条，{count} 人")
    return slips(page)


def make_plan(page: Page, today: dt.date, departments: list[str]) -> None:
    """The five steps of the wizard: two departments, one of three cafés, public at once."""
    page.goto("/daiban/")
    follow(page.get_by_role("link", name="写草稿").first)
    page.fill("input[name=task_name]", f"{today.year}年度演示联合抽查")
    page.fill("input[name=period_from]", (today + dt.timedelta(days=1)).isoformat())
    page.fill("input[name=period_to]", (today + dt.timedelta(days=40)).isoformat())
    page.locator("input[name=sealed][value=False]").check(force=True)
    page.fill("textarea[name=basis]", "演示：本年度抽查工作计划")
    follow(page.get_by_role("button", name="下一步：检查事项"))
    for department in departments:
        page.get_by_role("checkbox", name=f"{department}参加").check(force=True)
        page.get_by_role("checkbox", name=f"全选{department}的事项").check()
    follow(page.get_by_role("button", name="下一步：范围和比例"))
    page.get_by_role("checkbox", name=re.compile("网吧|上网服务")).first.check(force=True)
    page.select_option("select[name=authority]", label=AUTHORITY)
    for box in page.locator("input[name^=rate_]").all():
        box.fill("1/3" if box.get_attribute("name") == "rate_A" else "0")
    follow(page.get_by_role("button", name="下一步：检查人员"))
    page.fill("input[name=seats]", "2")
    page.fill("input[name=teams]", "1")
    follow(page.get_by_role("button", name="下一步：核对"))
    expect(page.get_by_text("3 家中抽 33.33%，1 队，每队 1 家")).to_be_visible()
    for department in departments:
        expect(
            page.get_by_role("rowheader", name=department).or_(page.get_by_role("cell", name=department)).first
        ).to_be_visible()
    fits(page)


def freeze(page: Page) -> str:
    """From the last step of the wizard to the frozen roster; the draw has to wait. Returns its number."""
    follow(page.get_by_role("link", name=re.compile("冻结")).first)
    page.check("input[name=checked]")
    follow(page.get_by_role("button", name="冻结名单"))
    fits(page)
    found = re.search(r"抽取编号 (\d{4}-\d{6})", page.locator("body").inner_text())
    assert found is not None
    return found[1]


def draw(page: Page) -> None:
    """Two witnesses, forty digits thrown before everybody, one start."""
    page.goto("/jihua/1/chouqu/")
    page.locator("[data-step=list] [data-next]").click()
    for number, name in ((1, "见证人甲"), (2, "见证人乙")):
        page.fill(f"input[name=witness_name_{number}]", name)
        page.fill(f"input[name=witness_unit_{number}]", "演示单位")
    page.locator("[data-step=witnesses] [data-next]").click()
    for digits in DIGITS:
        page.keyboard.type(digits)
        page.keyboard.press("Enter")
    page.locator("[data-step=digits] [data-next]").click()
    page.get_by_role("button", name="开始抽取").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3 家企业抽中 1 家")
    follow(page.get_by_role("link", name="看完整结果"))
    fits(page)


def dispatch(page: Page) -> None:
    """From the result to the departments."""
    follow(page.get_by_role("link", name=re.compile("派发")).first)
    follow(page.get_by_role("button", name=re.compile("^派发给 2 个部门")))


def confirm_and_approve(page: Page) -> None:
    """A department takes over what was dispatched to it and notes who approved the visits."""
    page.goto("/daiban/")
    follow(page.get_by_role("link", name=re.compile("确认派发的 1 家企业")))
    fits(page)
    page.locator("input[name=pk]").check()
    follow(page.get_by_role("button", name=re.compile("确认所选")))
    page.goto("/daiban/")
    follow(page.get_by_role("link", name=re.compile("检查审批")))
    page.locator("input[name=pk]").check()
    page.fill("input[name=approver]", "演示局长")
    follow(page.get_by_role("button", name=re.compile("审批")))


def review(page: Page) -> None:
    """The department looks the record through."""
    page.goto("/daiban/")
    follow(page.get_by_role("link", name=re.compile("复核 1 份检查记录")))
    fits(page)
    follow(page.get_by_role("button", name=re.compile("通过")))


def publish(page: Page) -> None:
    """The lead bureau publishes the one result there is."""
    page.goto("/daiban/")
    follow(page.get_by_role("link", name=re.compile("公示 1 家企业的检查结果")))
    fits(page)
    page.locator("input[type=checkbox][form=publish]:not([data-select-all])").check()
    follow(page.get_by_role("button", name="公示所选"))


def look_through(page: Page) -> None:
    """The auditor has the whole trail calculated anew."""
    page.goto("/mingku/jilu/jiaoyan/")
    fits(page)
    expect(page.get_by_text(re.compile(r"已逐条重算 \d+ 条操作记录，\d+ 个记录流全部完好"))).to_be_visible()
