"""The form of 通知方式."""

from inspections.forms.desk import KeyForm
from registry import webforms as forms


class ChannelsForm(KeyForm):
    """Each way on or off. Whether an address can work is the service's question."""

    inbox = forms.BooleanField(
        label="站内通知提示未读", required=False, help_text="关掉以后通知仍然留存，只是不再显示未读条数。"
    )
    mail = forms.BooleanField(label="发邮件", required=False)
    email = forms.CharField(
        label="邮件地址", required=False, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    webhook = forms.BooleanField(label="发到企业微信或钉钉的群机器人", required=False)
    webhook_url = forms.CharField(
        label="群机器人地址", required=False, max_length=300, widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="在群设置里添加机器人，复制它的 Webhook 地址。群里的人都会看到，请用部门内部的群。",
    )  # fmt: skip
