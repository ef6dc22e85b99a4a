"""The tenant's budget in Kubernetes' own amounts: exact, canonical, never handed out twice."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mto.plan import quota
from mto.plan.observed import Namespace, Observed
from mto.plan.observed import Quota as Live
from mto.spec.quantity import canonical, parse
from mto.spec.quota import Quota
from tests.support import plans

NAMES = ("a", "b", "c")


def budget(**hard: str) -> Quota:
    return Quota.model_validate(
        {"metadata": {"name": "small"}, "spec": {"resourcequota": {"hard": hard}}}
    )


def observed(**quotas: Live) -> Observed:
    spaces = {name: Namespace(name) for name in quotas}
    return Observed(spaces, quotas)


def settled(**hard: str) -> Live:
    return Live(hard, hard)


# ---- examples ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "whole", "parts"),
    [
        pytest.param("pods", "10", ("4", "3", "3"), id="objects, the rest by name"),
        pytest.param("requests.cpu", "4", ("1334m", "1333m", "1333m"), id="thousandths of a core"),
        pytest.param("cpu", "3", ("1", "1", "1"), id="whole cores are written so"),
        pytest.param("limits.memory", "4Gi", ("1366Mi", "1365Mi", "1365Mi"), id="Mi"),
        pytest.param("memory", "3Gi", ("1Gi", "1Gi", "1Gi"), id="the largest unit that fits"),
        pytest.param("memory", "1000", ("334", "333", "333"), id="bytes where Mi do not divide"),
        pytest.param("requests.storage", "3G", ("1G", "1G", "1G"), id="decimal stays decimal"),
        pytest.param("requests.nvidia.com/gpu", "2", ("1", "1", "0"), id="fewer than namespaces"),
        pytest.param("count/deployments.apps", "0", ("0", "0", "0"), id="nothing"),
        pytest.param("cpu", "5m", ("2m", "2m", "1m"), id="a few thousandths"),
    ],
)
def test_a_budget_is_shared_out_evenly(key: str, whole: str, parts: tuple[str, ...]) -> None:
    found = quota.shares(budget(**{key: whole}), NAMES, Observed())
    assert tuple(found.hard[name][key] for name in NAMES) == parts
    assert found.waiting == ()


def test_a_newcomer_waits_until_others_have_given_up_their_part() -> None:
    before = observed(a=settled(pods="5"), b=settled(pods="5"))
    found = quota.shares(budget(pods="10"), NAMES, before)
    assert found.hard == {"a": {"pods": "4"}, "b": {"pods": "3"}, "c": {"pods": "0"}}
    assert found.waiting == ("pods",)


def test_a_key_new_in_the_budget_is_shared_out_at_once() -> None:
    before = observed(a=settled(pods="5"), b=settled(pods="5"))
    found = quota.shares(budget(pods="10", secrets="4"), ("a", "b"), before)
    assert found.hard["a"] == {"pods": "5", "secrets": "2"}
    assert found.waiting == ()


def test_what_a_leaving_namespace_holds_is_handed_out_only_when_its_deletion_began() -> None:
    quotas = {"a": settled(pods="5"), "old": Live({"pods": "5"}, {"pods": "5"}, {"pods": "2"})}
    still = quota.shares(budget(pods="10"), ("a",), observed(**quotas))
    assert (still.hard["a"]["pods"], still.waiting) == ("5", ("pods",))
    spaces = {"a": Namespace("a"), "old": Namespace("old", terminating=True)}
    going = quota.shares(budget(pods="10"), ("a",), Observed(spaces, quotas))
    assert (going.hard["a"]["pods"], going.waiting) == ("8", ())


def test_a_quota_in_a_namespace_that_lost_the_tenant_s_label_counts_all_the_same() -> None:
    before = Observed({"a": Namespace("a")}, {"lost": settled(pods="4")})
    found = quota.shares(budget(pods="10"), ("a",), before)
    assert (found.hard["a"]["pods"], found.waiting) == ("6", ("pods",))


def test_a_budget_cut_below_use_freezes_what_is_used_to_the_byte() -> None:
    used = Live({"memory": "3Mi"}, {"memory": "3Mi"}, {"memory": "2M"})
    found = quota.shares(budget(memory="1Mi"), ("a", "b"), observed(a=used))
    assert found.hard == {"a": {"memory": "2Mi"}, "b": {"memory": "0"}}
    after = Live({"memory": "2Mi"}, {"memory": "2Mi"}, {"memory": "2000001"})
    assert quota.shares(budget(memory="1Mi"), ("a",), observed(a=after)).hard == {
        "a": {"memory": "2Mi"}
    }
    slipped = Live({"memory": "1M"}, {"memory": "1M"}, {"memory": "2M"})
    assert quota.shares(budget(memory="1Mi"), ("a",), observed(a=slipped)).hard == {
        "a": {"memory": "1Mi"}
    }


def test_a_budget_without_keys_makes_no_quota() -> None:
    assert quota.shares(budget(), NAMES, Observed()).hard == {"a": {}, "b": {}, "c": {}}
    made = plans.plan(plans.world(quota="resourcequota: {}"))
    assert plans.kinds(made, "ResourceQuota") == {}


def test_the_scopes_of_the_budget_are_those_of_every_part() -> None:
    world = plans.world(
        quota="""
        resourcequota:
          hard: {pods: 4}
          scopes: [NotTerminating]
          scopeSelector:
            matchExpressions: [{scopeName: PriorityClass, operator: In, values: [batch]}]
        """
    )
    made = quota.manifest(world.quotas["small"].value, "blue-dev", {"pods": "4"})
    assert made["metadata"] == {"name": "mto", "namespace": "blue-dev"}
    assert made["spec"] == {
        "hard": {"pods": "4"},
        "scopes": ["NotTerminating"],
        "scopeSelector": {
            "matchExpressions": [
                {"scopeName": "PriorityClass", "operator": "In", "values": ["batch"]}
            ]
        },
    }


# ---- properties ----------------------------------------------------------------------------------

NUMBER = some.integers(0, 10**9)
SUFFIX = some.sampled_from(["", "k", "M", "G", "e3"])
AMOUNTS = {
    "requests.cpu": some.builds("{}{}".format, NUMBER, some.sampled_from(["", "m", "k"])),
    "limits.memory": some.builds("{}{}".format, NUMBER, some.sampled_from(["", "Ki", "Mi", "G"])),
    "pods": some.builds("{}{}".format, NUMBER, SUFFIX),
    "fast.storageclass.storage.k8s.io/requests.storage": some.builds(
        "{}{}".format, NUMBER, some.sampled_from(["", "Mi", "Gi", "M"])
    ),
    "requests.nvidia.com/gpu": some.builds(str, NUMBER),
}
KEYED = some.sampled_from(sorted(AMOUNTS)).flatmap(
    lambda key: some.tuples(some.just(key), AMOUNTS[key])
)
NAMESPACES = some.sets(some.text("abc", min_size=1, max_size=3), min_size=1, max_size=12)


@given(KEYED, NAMESPACES)
def test_parts_add_up_to_the_budget_and_are_written_as_the_api_server_stores_them(
    keyed: tuple[str, str], names: set[str]
) -> None:
    key, whole = keyed
    found = quota.shares(budget(**{key: whole}), names, Observed())
    parts = [found.hard[name][key] for name in names]
    assert sum(map(parse, parts)) == parse(whole)
    assert parts == list(map(canonical, parts))


@given(KEYED, NAMESPACES)
def test_the_order_of_the_namespaces_does_not_matter(
    keyed: tuple[str, str], names: set[str]
) -> None:
    one = budget(**dict([keyed]))
    assert quota.shares(one, sorted(names), Observed()) == quota.shares(
        one, sorted(names, reverse=True), Observed()
    )


LIVES = KEYED.flatmap(
    lambda keyed: some.tuples(
        some.just(keyed),
        some.dictionaries(
            some.sampled_from("abcdef"),
            some.tuples(
                some.none() | AMOUNTS[keyed[0]],
                some.none() | AMOUNTS[keyed[0]],
                some.none() | AMOUNTS[keyed[0]],
            ),
        ),
    )
)
Parts = tuple[str | None, str | None, str | None]


def _of(key: str, amount: str | None) -> dict[str, str]:
    return {key: amount} if amount else {}


def held(parts: Parts) -> Fraction:
    return max(parse(one) if one else Fraction(0) for one in parts)


@given(LIVES, some.sets(some.sampled_from("abcdef"), min_size=1))
def test_namespaces_never_get_more_than_the_room(
    lives: tuple[tuple[str, str], dict[str, Parts]], names: set[str]
) -> None:
    (key, whole), known = lives
    quotas = {
        name: Live(_of(key, spec), _of(key, status), _of(key, used))
        for name, (spec, status, used) in known.items()
    }
    before = observed(**quotas)
    hard = quota.shares(budget(**{key: whole}), names, before).hard
    unit = Fraction(1, 1000) if key == "requests.cpu" else Fraction(1)
    limits: dict[str, Parts] = {name: (*parts[:2], None) for name, parts in known.items()}
    for counted in (known, limits):  # with what slipped past admission, and without
        during = sum(held(parts) for name, parts in counted.items() if name not in names) + sum(
            max(parse(hard[name][key]), held(counted.get(name, (None, None, None))))
            for name in names
        )
        allowed = max(floor(parse(whole) / unit) * unit, sum(map(held, counted.values())))
        assert during <= allowed
