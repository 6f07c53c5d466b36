"""Failed sign-ins: a table of their own, so that no cache that is full forgets them."""

from django.db import models


class SignInFailure(models.Model):
    """Wrong passwords for one login name from one place (an address, or a browser that has signed in before).

    ``place`` is a keyed hash: no address is stored. Rows go with the right password from there, or after a week.
    """

    login = models.CharField("登录名", max_length=150)
    place = models.CharField("来处", max_length=64)
    failures = models.PositiveIntegerField("连续输错次数", default=0)
    told = models.BooleanField("已告知本人", default=False)
    last_at = models.DateTimeField("最近一次")

    class Meta:
        verbose_name = "登录失败"
        verbose_name_plural = "登录失败"
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["login", "place"], name="signinfailure_login_place")]
        indexes = [models.Index(fields=["place", "last_at"], name="signinfailure_place")]

    def __str__(self) -> str:
        return f"{self.login} {self.failures}"
