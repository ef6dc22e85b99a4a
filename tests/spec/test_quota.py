from __future__ import annotations

from fractions import Fraction

import pytest

from mto.spec.quota import Quota
from tests.support.manifests import QUOTA, said


def test_plain_numbers_of_yaml_are_kept_as_the_text_that_kubernetes_reads() -> None:
    hard = {"pods": 20, "cpu": 0.5, "requests.cpu": 1000.0, "memory": "8Gi"}
    quota = Quota.model_validate(
        {"metadata": {"name": "small"}, "spec": {"resourcequota": {"hard": hard}}}
    )
    assert quota.spec.resourcequota.hard == {
        "pods": "20",
        "cpu": "0.5",
        "requests.cpu": "1000",
        "memory": "8Gi",
    }
    assert quota.budget["cpu"] == Fraction(1, 2)
    assert quota.budget["memory"] == 8 * 2**30


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            "{resourcequota: {hard: {memory: 5Q}}}",
            "spec.resourcequota.hard.memory: '5Q' ends in 'Q', which is no unit; write a number "
            "with one of n u m k M G T P E Ki Mi Gi Ti Pi Ei or none, or 12e6",
            id="unit",
        ),
        pytest.param(
            "{resourcequota: {hard: {pods: 1.5}}}",
            "spec.resourcequota.hard: pods: 1.5 is not whole; pods counts objects",
            id="half a pod",
        ),
        pytest.param(
            "{resourcequota: {hard: {count/jobs.batch: 100m}}}",
            "spec.resourcequota.hard: count/jobs.batch: 100m is not whole; count/jobs.batch "
            "counts objects",
            id="a tenth of a job",
        ),
        pytest.param(
            "{resourcequota: {hard: {cpu: -1}}}",
            "spec.resourcequota.hard: cpu: -1 is negative; a budget is 0 or more",
            id="negative",
        ),
        pytest.param(
            "{resourcequota: {hard: {cpu: 100u}}}",
            "spec.resourcequota.hard.cpu: '100u' is finer than 1m, the least that Kubernetes "
            "counts in",
            id="too fine",
        ),
        pytest.param(
            "{resourcequota: {hard: {cpu: true}}}",
            "spec.resourcequota.hard.cpu: must be text, not true; put it in quotes",
            id="no number at all",
        ),
        pytest.param(
            "{resourcequota: {scopes: [Terminated]}}",
            "spec.resourcequota.scopes[0]: 'Terminated' is not allowed; allowed: 'Terminating', "
            "'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', "
            "'CrossNamespacePodAffinity' or 'VolumeAttributesClass'; did you mean 'Terminating'?",
            id="scope",
        ),
        pytest.param(
            "{limitrange: {limits: [{type: Container, min: {cpu: 2}, default: {cpu: 1}}]}}",
            "spec.limitrange.limits[0]: min of cpu (2) is above default (1)",
            id="limits out of order",
        ),
        pytest.param(
            "{limitrange: {limits: [{type: Pod, default: {cpu: 1}}]}}",
            "spec.limitrange.limits[0]: default and defaultRequest are for type Container, not "
            "for Pod",
            id="defaults of a pod",
        ),
        pytest.param(
            "{limitrange: {limits: [{type: PersistentVolumeClaim}]}}",
            "spec.limitrange.limits[0]: type PersistentVolumeClaim needs min or max for storage",
            id="claims without storage",
        ),
        pytest.param(
            "{limitrange: {limits: [{type: Container, max: {memory: lots}}]}}",
            "spec.limitrange.limits[0].max.memory: 'lots' is no quantity; write a number with one "
            "of n u m k M G T P E Ki Mi Gi Ti Pi Ei or none, or 12e6",
            id="limit",
        ),
    ],
)
def test_what_kubernetes_would_refuse_is_refused_first(spec: str, message: str) -> None:
    assert said(f"{QUOTA}spec: {spec}\n") == [f"t.yaml:4: {message}"]
