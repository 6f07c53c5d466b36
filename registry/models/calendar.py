"""Working-day calendar: what the State Council's notice says of each year, and local closing days."""

from django.db import models

from registry.enums import DayKind
from registry.models.people import User


class CalendarYear(models.Model):
    """A year whose notice is loaded. A year without a row is refused wherever a deadline would need it."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    notice = models.CharField("依据", max_length=200, help_text="国务院办公厅放假通知的名称和公布日期")
    notice_number = models.CharField("文号", max_length=60, blank=True, help_text="以通知原件为准，不清楚就不填")
    version = models.PositiveIntegerField("版本", default=1)
    loaded_at = models.DateTimeField("录入时间")
    loaded_by = models.ForeignKey(User, verbose_name="录入人", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        verbose_name = "工作日历年度"
        verbose_name_plural = "工作日历年度"
        ordering = ["year"]

    def __str__(self) -> str:
        return f"{self.year}年"


class CalendarDay(models.Model):
    """A day that is not what its weekday says."""

    year = models.ForeignKey(CalendarYear, verbose_name="年份", on_delete=models.PROTECT, related_name="days")
    day = models.DateField("日期")
    kind = models.CharField("安排", max_length=10, choices=DayKind.choices)
    name = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        verbose_name = "日历特殊日"
        verbose_name_plural = "日历特殊日"
        ordering = ["day", "-kind"]  # a local closing day after the notice's own row: it wins
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=~models.Q(kind=DayKind.LOCAL_OFF), name="calendarday_once_in_the_notice"
            ),
            models.UniqueConstraint(
                fields=["day"], condition=models.Q(kind=DayKind.LOCAL_OFF), name="calendarday_closed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.get_kind_display()}"
