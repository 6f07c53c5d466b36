"""阿不都·热西提 came with six different dots, and was six people."""

import pytest

from registry.models import Enterprise
from tests.field_reports.registry_files import store, stored
from tests.registry import files

pytestmark = pytest.mark.usefixtures("registry_data")
DOTS = "·•‧・･．.∙⋅●᛫⸱"


def test_one_dot_is_stored_and_any_is_found() -> None:
    rows = [
        files.enterprise(n, 法定代表人=f"阿不都{dot}热西提", 名称=f"阿不都 {dot} 热西提{n}号餐馆")
        for n, dot in enumerate(DOTS)
    ]
    store(*rows)
    assert set(stored("legal_rep")) == {"阿不都·热西提"}
    assert stored("name") == [f"阿不都·热西提{n}号餐馆" for n in range(len(DOTS))]
    for dot in DOTS:
        assert Enterprise.objects.search(f"不都{dot}热西").count() == len(DOTS)
