from __future__ import annotations

from mto.engine.port import Change, Failure, Op, Step
from mto.engine.pulumi.events import Remark, Story, Told
from mto.engine.pulumi.words import Words

ROOT = "urn:pulumi:dev.blue::mto::"
ONE = f"{ROOT}mto:tenancy:Tenant$kubernetes:core/v1:ConfigMap::one"
TWO = f"{ROOT}mto:tenancy:Tenant$kubernetes:core/v1:ConfigMap::two"
BUCKET = f"{ROOT}mto:tenancy:Tenant$aws:s3/bucket:Bucket::data"
STACK = f"{ROOT}pulumi:pulumi:Stack::mto-dev.blue"
KIND = "kubernetes:core/v1:ConfigMap"
WORDS = Words(
    {
        ONE: Step(Op.UPDATE, ONE, "ConfigMap/one", "a.yaml:1", (Change("data.a", "1", "2"),)),
        TWO: Step(Op.CREATE, TWO, "ConfigMap/two", "a.yaml:2"),
    },
    "own.py: tenant()",
)


def story(*told: Told, remarks: tuple[Remark, ...] = ()) -> Story:
    return Story({one.urn: one for one in told}, list(remarks))


def test_steps_come_in_the_plan_s_order_and_what_users_added_last() -> None:
    found = WORDS.steps(
        story(
            Told(STACK, "pulumi:pulumi:Stack", Op.CREATE),
            Told(BUCKET, "aws:s3/bucket:Bucket", Op.CREATE),
            Told(TWO, KIND, Op.CREATE),
            Told(ONE, KIND, Op.UPDATE),
        )
    )
    assert [(one.object, one.because) for one in found] == [
        ("ConfigMap/one", "a.yaml:1"),
        ("ConfigMap/two", "a.yaml:2"),
        ("Bucket/data", "own.py: tenant()"),
    ]
    assert found[0].changes == (Change("data.a", "1", "2"),)


def test_what_the_cli_did_counts_where_it_did_something_else() -> None:
    one = WORDS.step(Told(ONE, KIND, Op.REPLACE, {"kind": "A"}, {"kind": "B"}))
    assert (one.op, one.because) == (Op.REPLACE, "a.yaml:1")
    assert one.changes == (Change("kind", "A", "B"),)


def test_a_failure_has_the_provider_s_reason() -> None:
    failed = Told(ONE, KIND, Op.UPDATE, failed=True)
    found = WORDS.failures(
        story(failed, remarks=(Remark("error", "quota exceeded", ONE),)), ended=True
    )
    assert found == (
        Failure(WORDS.known[ONE], "quota exceeded"),
        Failure(WORDS.known[TWO], "not tried, because something it needs failed", skipped=True),
    )


def test_an_error_about_what_was_never_begun_is_a_failure_too() -> None:
    remarks = (Remark("error", "no such region", BUCKET),)
    (found,) = WORDS.failures(story(remarks=remarks), ended=False)
    assert (found.step.object, found.message) == ("Bucket/data", "no such region")


def test_a_failure_without_a_reason_says_so() -> None:
    (found,) = WORDS.failures(story(Told(ONE, KIND, Op.UPDATE, failed=True)), ended=False)
    assert found.message == "the CLI does not say why"


def test_drift_is_told_of_objects_in_the_words_of_a_refresh() -> None:
    found = WORDS.drift(
        story(
            Told(f"{ROOT}mto:tenancy:Tenant::blue", "mto:tenancy:Tenant", Op.SAME, custom=False),
            Told(f"{ROOT}pulumi:providers:kubernetes::c", "pulumi:providers:kubernetes", Op.SAME),
            Told(ONE, KIND, Op.UPDATE, {"data": {"a": "2"}}, {"data": {"a": "3"}}),
            Told(TWO, KIND, Op.DELETE),
        )
    )
    assert [(one.op, one.object, one.because) for one in found] == [
        (Op.UPDATE, "ConfigMap/one", "it was changed in the cluster"),
        (Op.DELETE, "ConfigMap/two", "it is no longer in the cluster"),
    ]
