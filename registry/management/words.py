"""What a command says after it has printed a one-time password."""

from django.conf import settings

from registry.models import User


def next_steps(user: User) -> str:
    """Where to sign in with it and what is asked there, a line per step."""
    lines = [
        f"下一步：在浏览器打开 {settings.PUBLIC_ORIGIN}/account/login/ ，用登录名 {user.username} 和一次性密码登录，",
        "按页面提示改成自己的密码"
        + ("，再用手机上的验证器应用开通两步验证。" if settings.REQUIRE_TWO_FACTORS else "。"),
    ]
    if user.is_sysadmin:
        lines.append("其他人的账号登录以后在“账号”页开设；密码或手机丢了，也在那里重新发放。")
    return "\n".join(lines)
