"""A report of isolation as JUnit XML, for whatever shows tests: one suite a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from mto.service.isolation import Line, Report, Status


def document(report: Report, *, strict: bool = False) -> str:
    """``strict``: what settings leave open is a failure as well, else it is skipped."""
    root = ET.Element("testsuites", name="mto verify", time=f"{report.seconds:.3f}")
    for tenant in dict.fromkeys(one.tenant for one in report.lines):
        _suite(root, tenant, [one for one in report.lines if one.tenant == tenant], strict=strict)
    for gap in report.missing:
        suite = ET.SubElement(root, "testsuite", name="not verified", tests="1", errors="1")
        case = ET.SubElement(suite, "testcase", name=gap, classname="mto.verify")
        ET.SubElement(case, "error", message=gap)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _suite(root: ET.Element, tenant: str, lines: Iterable[Line], *, strict: bool) -> None:
    suite = ET.SubElement(root, "testsuite", name=tenant)
    counts = {"tests": 0, "failure": 0, "error": 0, "skipped": 0}
    for one in lines:
        counts["tests"] += 1
        name = f"{one.id} {one.title}"
        case = ET.SubElement(suite, "testcase", name=name, classname=f"mto.{tenant}.{one.category}")
        if tag := _tag(one.status, strict=strict):
            counts[tag] += 1
            said = "; ".join((*filter(None, [one.reason]), *one.possible, *one.unproven))
            ET.SubElement(case, tag, message=said)
    for name, tag in (("tests", "tests"), ("failures", "failure"), ("errors", "error")):
        suite.set(name, str(counts[tag]))
    suite.set("skipped", str(counts["skipped"]))


def _tag(status: Status, *, strict: bool) -> str:
    match status:
        case Status.PASS:
            return ""
        case Status.FAIL:
            return "failure"
        case Status.UNKNOWN:
            return "error"
        case Status.OPEN:
            return "failure" if strict else "skipped"
        case Status.SKIP:
            return "skipped"
