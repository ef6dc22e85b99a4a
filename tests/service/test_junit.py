"""A report for whatever shows tests."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from mto.service.isolation import Line, Report, Status
from mto.service.junit import document

REPORT = Report(
    (
        Line("X-1", "One", "Tenant Isolation", "blue", Status.PASS),
        Line("X-2", "Two", "Tenant Isolation", "blue", Status.FAIL, possible=("ann can <&>",)),
        Line("X-3", "Three", "Tenant Isolation", "blue", Status.OPEN, "a switch is off"),
        Line("X-1", "One", "Tenant Isolation", "red", Status.UNKNOWN, unproven=("nothing passes",)),
        Line("X-2", "Two", "Tenant Isolation", "red", Status.SKIP, "no list"),
    ),
    missing=("tenant 'green': no namespace",),
    seconds=1.5,
)


def suites(*, strict: bool = False) -> dict[str, ET.Element]:
    root = ET.fromstring(document(REPORT, strict=strict))  # noqa: S314 - our own
    return {one.attrib["name"]: one for one in root}


def test_each_tenant_is_a_suite_and_each_check_a_case() -> None:
    blue = suites()["blue"]

    assert blue.attrib == {
        "name": "blue",
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    assert [one.attrib["name"] for one in blue] == ["X-1 One", "X-2 Two", "X-3 Three"]
    (failure,) = blue.iter("failure")
    assert failure.attrib["message"] == "ann can <&>"


def test_what_is_not_proven_or_not_looked_at_is_an_error() -> None:
    found = suites()

    assert found["red"].attrib["errors"] == "1"
    (error,) = found["not verified"].iter("error")
    assert error.attrib["message"] == "tenant 'green': no namespace"


def test_what_settings_leave_open_fails_strictly() -> None:
    assert suites()["blue"].attrib["failures"] == "1"
    assert suites(strict=True)["blue"].attrib["failures"] == "2"
