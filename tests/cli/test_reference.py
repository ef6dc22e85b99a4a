from __future__ import annotations

import pytest

from mto.cli.main import app
from mto.cli.reference import pages


def section(command: str) -> str:
    _, _, rest = pages(app)["cli.md"].partition(f"\n## {command}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize(
    ("command", "row"),
    [
        pytest.param("mto check", "| `[PATH]` | `tenants` |", id="an argument"),
        pytest.param("mto convert", "| `FILES` | required |", id="a required argument"),
        pytest.param("mto up", "| `--yes, -y` | – | Do not ask. |", id="a switch"),
        pytest.param("mto up", "| `--parallel NUMBER` | `8` |", id="a number"),
        pytest.param("mto status", "| `--output, -o table/json/yaml` | `table` |", id="a choice"),
        pytest.param("mto local up", "| `--audit, --no-audit` | – |", id="a switch both ways"),
        pytest.param("mto schema", "| `--check` | – |", id="a group that is a command itself"),
        pytest.param("mto preview", "Variable: `MTO_ENVIRONMENT`.", id="a variable"),
    ],
)
def test_an_option_is_told_as_it_is_typed(command: str, row: str) -> None:
    assert row in section(command)


def test_the_index_leads_to_every_kind() -> None:
    assert "[IntegrationConfig](kinds/integrationconfig.md)" in pages(app)["README.md"]


def test_every_setting_is_listed_under_the_name_it_has_in_the_file() -> None:
    assert "| `mto:localCluster` |" in pages(app)["settings.md"]
