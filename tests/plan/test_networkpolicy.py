from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from mto.plan import networkpolicy

TENANT = some.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)


def test_only_the_own_tenant_and_namespaces_of_no_tenant_come_in() -> None:
    assert networkpolicy.manifest("blue", "blue-dev") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "disable-intra-tenant-networking-blue", "namespace": "blue-dev"},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {
                            "namespaceSelector": {
                                "matchExpressions": [
                                    {"key": "stakater.com/tenant", "operator": "DoesNotExist"}
                                ]
                            }
                        },
                        {"namespaceSelector": {"matchLabels": {"stakater.com/tenant": "blue"}}},
                    ]
                }
            ],
        },
    }


@given(TENANT, TENANT)
def test_names_fit_and_differ_between_tenants(one: str, other: str) -> None:
    names = [networkpolicy.manifest(each, "ns")["metadata"]["name"] for each in (one, other)]
    assert max(map(len, names)) <= 63
    assert (names[0] == names[1]) is (one == other)
