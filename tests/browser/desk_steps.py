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
    fixed = ["个体工商户", AUTHORITY, "存续", "2019-05-20"]
    rows = [
        [code_of(number), f"演示{name}网吧", *fixed, f"演示镇示例街{number}号", "网吧", "A", "2024-06-01", "赵某", "13900000000"]
        for number, name in enumerate("甲乙丙", 1)
    ]  # fmt: skip
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
    return {login: password for login, password in found}


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
