"""Old systems hold 䶮 as a private character of GB 18030-2000; it was stored so, and printed as a box."""

import pytest

from registry.models import Enterprise
from tests.field_reports.registry_files import problems, store, stored
from tests.registry import files

pytestmark = pytest.mark.usefixtures("registry_data")


def test_known_private_characters_are_mapped() -> None:
    store(files.enterprise(1, 名称="宽城\ue863龙网吧", 法定代表人="李\ue863"))
    assert (stored("name"), stored("legal_rep")) == (["宽城䶮龙网吧"], ["李䶮"])
    assert Enterprise.objects.search("\ue863龙").count() == 1


@pytest.mark.parametrize(
    ("sign", "code"), [("\ue000", "U+E000"), ("\U000f0000", "U+F0000"), ("\U0010fffd", "U+10FFFD")]
)
def test_others_are_refused_with_their_place(sign: str, code: str) -> None:
    words = f"是别的电脑显示不出的造字（{code}），请换成标准汉字"
    assert problems(files.enterprise(1, 名称=f"宽城{sign}网吧", 联系人=f"李{sign}")) == [
        f"第2行 名称: 第3个字{words}",
        f"第2行 联系人: 第2个字{words}",
    ]
