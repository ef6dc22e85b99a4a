"""Resources that a project adds by functions of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mto.components.errors import ExtraFailed
from mto.components.extra import Extra, add
from mto.components.register import register
from mto.plan.resource import PROVIDER, Plan, Resource
from tests.support.registrations import Monitor, run_program

PLAN = Plan(
    "dev.blue",
    (
        Resource(PROVIDER, "cluster", {"enableServerSideApply": True}),
        Resource("mto:tenancy:Tenant", "blue"),
    ),
)
BUCKET = """
import pulumi

def tenant(component, tenant, cluster):
    options = pulumi.ResourceOptions(parent=component)
    pulumi.CustomResource("aws:s3/bucket:Bucket", f"{tenant}-data", {"tags": {"a": "b"}}, options)
"""


def added(root: Path, text: str, *, function: str = "tenant", where: str = "own.py") -> Monitor:
    path = root / (where if where.endswith(".py") else f"{where}.py")
    path.write_text(text)
    extra = Extra(root, where, function, "blue")

    def program() -> None:
        add(extra, PLAN, register(PLAN))

    return run_program(program, stack=PLAN.stack)


def test_the_function_gets_component_tenant_and_cluster(tmp_path: Path) -> None:
    monitor = added(tmp_path, BUCKET)
    urn = "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$aws:s3/bucket:Bucket::blue-data"
    assert monitor.registrations[urn].inputs == {"tags": {"a": "b"}}


def test_a_module_is_found_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("SIZE = 3\n")
    text = "import helper\n\ndef tenant(component, tenant, cluster):\n    assert helper.SIZE == 3\n"
    assert len(added(tmp_path, text, where="own_module").registrations) == 3


def test_a_function_that_is_missing_adds_nothing(tmp_path: Path) -> None:
    assert len(added(tmp_path, BUCKET, function="platform").registrations) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "def tenant(component, tenant, cluster):\n    raise ValueError('no region')\n",
            "own.py: tenant(): ValueError: no region (line 2)",
            id="the function raises",
        ),
        pytest.param(
            "def tenant():\n    pass\n",
            "own.py: tenant(): TypeError: tenant() takes 0 positional arguments but 3 were given",
            id="the function takes something else",
        ),
        pytest.param(
            "import nonsense_of_nobody\n",
            "own.py can't be loaded: ModuleNotFoundError: No module named 'nonsense_of_nobody' "
            "(line 1)",
            id="the file can't be loaded",
        ),
        pytest.param(
            "def tenants():\n    pass\n",
            "own.py defines neither tenant(component, tenant, cluster) nor platform(component, "
            "tenants, cluster), which mto:resources is for",
            id="no function of ours",
        ),
        pytest.param("tenant = 3\n", "own.py: tenant is no function", id="no function at all"),
    ],
)
def test_an_error_names_file_and_function(tmp_path: Path, text: str, message: str) -> None:
    seen: list[Any] = []

    def program() -> None:
        with pytest.raises(ExtraFailed) as error:
            add(Extra(tmp_path, "own.py", "tenant", "blue"), PLAN, register(PLAN))
        seen.append(str(error.value))

    (tmp_path / "own.py").write_text(text)
    run_program(program, stack=PLAN.stack)
    assert seen == [message]
