from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.spec.names import (
    declared_names,
    is_system,
    namespace_names,
    nearest,
    sandbox_name,
    sandboxes,
    shorten,
)
from mto.spec.tenant import LABEL_LENGTH
from tests.support.manifests import tenant

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@pytest.mark.parametrize(
    ("tenant_name", "person", "name"),
    [
        pytest.param("bluesky", "anna@aurora.org", "bluesky-anna-aurora-sandbox", id="as MTO says"),
        pytest.param("alpha", "dave@stakater.com", "alpha-dave-stakater-sandbox", id="once more"),
        pytest.param("t", "a.b@c.co.uk", "t-a-b-c-co-sandbox", id="dots, a long domain"),
        pytest.param("t", "Anna_Lee@Aurora.Org", "t-anna-lee-aurora-sandbox", id="upper case"),
        pytest.param("t", "kube:admin", "t-kube-admin-sandbox", id="no e-mail: used whole"),
        pytest.param("t", "bob@localhost", "t-bob-sandbox", id="a domain of one label"),
        pytest.param("t", "--x--y..z--", "t-x-y-z-sandbox", id="dashes collapse, ends are bare"),
        pytest.param("t", "@corp.org", "t-corp-org-sandbox", id="no local part: used whole"),
        pytest.param("t", "李", "t-c16667ca78-sandbox", id="nothing is left: the hash"),
    ],
)
def test_a_sandbox_is_named_after_its_person(tenant_name: str, person: str, name: str) -> None:
    assert sandbox_name(tenant_name, person) == name


def test_a_long_sandbox_name_is_cut_and_told_apart_by_a_hash() -> None:
    first = sandbox_name("bluesky", "a" * 60 + "1@aurora.org")
    other = sandbox_name("bluesky", "a" * 60 + "2@aurora.org")
    assert first == f"bluesky-{'a' * 36}-{first[-18:-8]}-sandbox"
    assert len(first) == LABEL_LENGTH
    assert first != other


@given(
    st.from_regex(LABEL, fullmatch=True).filter(lambda name: len(name) <= LABEL_LENGTH), st.text()
)
def test_every_sandbox_name_is_a_dns_label(tenant_name: str, person: str) -> None:
    name = sandbox_name(tenant_name, person)
    assert LABEL.fullmatch(name)
    assert len(name) <= LABEL_LENGTH
    assert name.endswith("-sandbox")


@given(st.text(alphabet="ab-", min_size=1, max_size=200), st.integers(20, 63))
def test_a_shortened_name_keeps_to_its_limit_and_does_so_once(name: str, limit: int) -> None:
    short = shorten(name, limit)
    assert len(short) <= limit
    assert shorten(short, limit) == short
    assert (short == name) is (len(name) <= limit)


def test_a_name_within_the_limit_is_left_alone() -> None:
    assert shorten("blue", 4) == "blue"
    assert shorten("a" * 63) == "a" * 63


def test_namespaces_come_in_declared_order_and_sandboxes_last() -> None:
    blue = tenant(
        namespaces={
            "withTenantPrefix": ["qa", "dev"],
            "withoutTenantPrefix": ["legacy"],
            "sandboxes": {"enabled": True},
        },
        accessControl={
            "owners": {"users": ["anna@aurora.org"]},
            "editors": {"users": ["bob", "anna@aurora.org"]},
            "viewers": {"users": ["victor"]},
        },
    )
    assert declared_names(blue) == ("blue-qa", "blue-dev", "legacy")
    assert namespace_names(blue) == (
        "blue-qa",
        "blue-dev",
        "legacy",
        "blue-anna-aurora-sandbox",
        "blue-bob-sandbox",
    )


def test_nobody_has_a_sandbox_unless_they_are_switched_on() -> None:
    assert list(sandboxes(tenant(accessControl={"owners": {"users": ["anna"]}}))) == []


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("default", True),
        ("kube-system", True),
        ("kube-public", True),
        ("openshift", True),
        ("openshift-infra", True),
        ("multi-tenant-operator", True),
        ("kubernetes-team", False),
        ("openshifters", False),
        ("blue-default", False),
    ],
)
def test_the_clusters_own_namespaces_are_known(name: str, *, system: bool) -> None:
    assert is_system(name) is system


@pytest.mark.parametrize(
    ("namespace", "tenant"),
    [
        ("a-x", "a"),
        ("a-b-x", "a-b"),
        ("a-b", "a"),
        ("a-bx", "a"),
        ("a-b-c-d", "a-b"),
        ("a", ""),
        ("b-a-x", ""),
        ("-x", ""),
    ],
)
def test_a_namespace_is_named_after_the_tenant_with_the_longest_prefix(
    namespace: str, tenant: str
) -> None:
    assert nearest(namespace, {"a", "a-b"}) == tenant
