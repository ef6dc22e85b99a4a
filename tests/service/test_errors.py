from __future__ import annotations

import pytest

from mto.errors import UsageError
from mto.service.errors import (
    DottedEnvironment,
    NoSuchResource,
    NotEffective,
    OtherCluster,
    OtherEnvironment,
    RecordElsewhere,
    SettingsError,
    UnknownEnvironment,
    UnknownTenant,
    near,
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(
            UnknownEnvironment("prod", ["local", "dev"]),
            "environment 'prod' has no file stacks/Pulumi.prod.yaml; known environments: "
            "dev, local",
            id="an environment",
        ),
        pytest.param(
            UnknownEnvironment("prod", []),
            "environment 'prod' has no file stacks/Pulumi.prod.yaml; known environments: none",
            id="no environment at all",
        ),
        pytest.param(
            UnknownTenant("bleu", ["red", "blue"]),
            "tenant 'bleu' is not declared; did you mean 'blue'?; declared tenants: blue, red",
            id="a tenant",
        ),
        pytest.param(
            UnknownTenant("x", []),
            "tenant 'x' is not declared; declared tenants: none",
            id="no tenant at all",
        ),
        pytest.param(
            NoSuchResource("Namespace/blue-dv", ["Namespace/blue-dev"]),
            "nothing called 'Namespace/blue-dv' is planned; did you mean 'Namespace/blue-dev'?; "
            "write KIND/NAME or KIND/NAMESPACE/NAME, for example Namespace/blue-dev",
            id="an object",
        ),
        pytest.param(
            DottedEnvironment("dev.blue"),
            "environment 'dev.blue': a name without a dot is needed, since <environment>.<tenant> "
            "names the stack of a tenant; give the tenant as an argument",
            id="an environment that looks like a tenant's stack",
        ),
        pytest.param(
            OtherEnvironment("dev", "prod"),
            "the cluster is governed by environment 'prod', not by 'dev': use -e prod, or take "
            "'prod' away with `mto destroy -e prod` first",
            id="a cluster of another environment",
        ),
        pytest.param(
            OtherCluster("dev", "/a (context x)", "/b"),
            "the record of environment 'dev' is of /a (context x), and nothing of it is at /b: "
            "give another cluster an environment of its own",
            id="another cluster",
        ),
        pytest.param(
            RecordElsewhere("dev.blue", ["blue-prod", "blue-dev"]),
            "there is no stack 'dev.blue' here, yet MTO's quotas are in blue-dev, blue-prod: "
            "another environment or another state has them. Destroy the tenant there; if that "
            "state is lost, declare it and run `mto up` here first",
            id="a tenant that another state has",
        ),
        pytest.param(
            DottedEnvironment("dev.blue"),
            "environment 'dev.blue': a name without a dot is needed, since "
            "<environment>.<tenant> names the stack of a tenant; give the tenant as an argument",
            id="a stack for an environment",
        ),
        pytest.param(
            SettingsError("stacks/Pulumi.dev.yaml", "config must be a mapping"),
            "stacks/Pulumi.dev.yaml: config must be a mapping",
            id="settings",
        ),
    ],
)
def test_a_message_says_what_is_wrong_and_what_there_is(error: UsageError, message: str) -> None:
    assert str(error) == message
    assert error.exit_code == 2


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert near("blue", ["red", "green"]) == ""
    assert near("blue", []) == ""


def test_rights_without_effect_end_a_verification() -> None:
    with pytest.raises(NotEffective) as caught:
        raise NotEffective(20.0)

    assert str(caught.value) == (
        "the API server knows nothing of a ClusterRoleBinding made 20 s ago, so nothing can be "
        "verified; look whether its RBAC authorizer is on, and at its health"
    )
