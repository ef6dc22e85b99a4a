"""Every text of the CLI that is recognised, and every message that comes of it."""

from __future__ import annotations

import pytest

from mto.engine.pulumi import errors
from mto.engine.pulumi.errors import told
from mto.errors import EngineError
from mto.state.errors import PassphraseMissing, StateLocked, WrongPassphrase

LOCKED = """\
error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or \
delete the lock file with `pulumi cancel`.
  file:///state/.pulumi/locks/organization/mto/dev.blue/7f2c.json: created by ann@laptop (pid \
4711) at 2026-01-02T03:04:05Z
"""


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        pytest.param(
            errors.CliMissing("/usr/bin"),
            "--engine pulumi needs Pulumi's CLI, and there is no program `pulumi` in any folder of "
            "PATH (/usr/bin): install it, or use --engine direct",
            2,
            id="CliMissing",
        ),
        pytest.param(
            errors.CliMissing(""),
            "--engine pulumi needs Pulumi's CLI, and there is no program `pulumi` in any folder of "
            "PATH (which is empty): install it, or use --engine direct",
            2,
            id="CliMissing, without a PATH",
        ),
        pytest.param(
            errors.CliUnfit("/bin/pulumi", "Permission denied"),
            "/bin/pulumi can't be used: Permission denied; MTO needs Pulumi 3.206.0 or newer",
            2,
            id="CliUnfit",
        ),
        pytest.param(
            errors.PluginMissing("kubernetes", "4.34.2", ("the PATH", "/p/plugins")),
            "Pulumi's plug-in for kubernetes 4.34.2 is missing; looked for in the PATH, "
            "/p/plugins: install it with `pulumi plugin install resource kubernetes 4.34.2`",
            2,
            id="PluginMissing",
        ),
        pytest.param(
            errors.WorkerLost("dev.blue", -9),
            "stack 'dev.blue': the process that runs the Pulumi program ended by SIGKILL before "
            "its work was done; run again, the next run finds what was under way",
            1,
            id="WorkerLost, killed",
        ),
        pytest.param(
            errors.WorkerLost("dev.blue", None),
            "stack 'dev.blue': the process that runs the Pulumi program ended without a word "
            "before its work was done; run again, the next run finds what was under way",
            1,
            id="WorkerLost, hung",
        ),
        pytest.param(
            errors.WorkerLost("dev.blue", 3),
            "stack 'dev.blue': the process that runs the Pulumi program ended with code 3 before "
            "its work was done; run again, the next run finds what was under way",
            1,
            id="WorkerLost, ended",
        ),
    ],
)
def test_what_is_missing_or_lost_is_said(error: EngineError, message: str, code: int) -> None:
    assert str(error) == message
    assert error.exit_code == code


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        pytest.param(
            LOCKED,
            StateLocked,
            "stack 'dev.blue' is locked by ann@laptop (pid 4711) since 2026-01-02T03:04:05Z; it is "
            "a lock of the Pulumi CLI, which may still be running; if it is not, remove the lock "
            "with `pulumi cancel --stack dev.blue` and run again",
            id="locked, in a self-managed backend",
        ),
        pytest.param(
            "error: [409] Conflict: Another update is currently in progress.",
            errors.CliBusy,
            "stack 'dev.blue' is being updated by somebody else, the backend says: wait until that "
            "is done and run again",
            id="locked, in Pulumi Cloud",
        ),
        pytest.param(
            "error: the stack is currently locked by 2 lock(s).",
            errors.CliBusy,
            "stack 'dev.blue' is being updated by somebody else, the backend says: wait until that "
            "is done and run again",
            id="locked, by nobody that is named",
        ),
        pytest.param(
            "error: getting stack configuration: get stack secrets manager: passphrase must be set "
            "with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
            PassphraseMissing,
            "the state holds secrets: set PULUMI_CONFIG_PASSPHRASE, or "
            "PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds the passphrase",
            id="no passphrase",
        ),
        pytest.param(
            "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
            WrongPassphrase,
            "the passphrase does not open the state's secrets: check PULUMI_CONFIG_PASSPHRASE (it "
            "wins) and PULUMI_CONFIG_PASSPHRASE_FILE",
            id="wrong passphrase",
        ),
        pytest.param(
            "error: no resource plugin 'pulumi-resource-random' found in the workspace at version "
            "v4.16.7 or on your $PATH, install the plugin using `pulumi plugin install`",
            errors.PluginMissing,
            "Pulumi's plug-in for random 4.16.7 is missing: install it with "
            "`pulumi plugin install resource random 4.16.7`",
            id="a plug-in is missing",
        ),
        pytest.param(
            "error: no resource plugin 'pulumi-resource-random' found in the workspace or on your "
            "$PATH",
            errors.PluginMissing,
            "Pulumi's plug-in for random is missing: install it with "
            "`pulumi plugin install resource random`",
            id="a plug-in is missing, of any version",
        ),
        pytest.param(
            "error: python inline source runtime error: 'nobody' is no region\nTraceback (most",
            errors.ProgramFailed,
            "stack 'dev.blue': the Pulumi program failed: 'nobody' is no region",
            id="the program raised something",
        ),
        pytest.param(
            "panic: runtime error: slice bounds out of range\n\ngoroutine 1 [running]:",
            errors.CliCrashed,
            "stack 'dev.blue': pulumi crashed and said: panic: runtime error: slice bounds out of "
            "range; run again, the next run finds what was under way",
            id="a panic",
        ),
        pytest.param(
            "Updating (dev.blue)\nerror: update failed\nerror: could not open the log\n",
            errors.CliFailed,
            "stack 'dev.blue': pulumi ended with code 255 and said: could not open the log",
            id="an error of its own",
        ),
        pytest.param(
            "",
            errors.CliFailed,
            "stack 'dev.blue': pulumi ended with code 255 and said: nothing that explains it",
            id="nothing",
        ),
    ],
)
def test_a_text_of_the_cli_is_recognised(text: str, kind: type, message: str) -> None:
    error = told("dev.blue", 255, text)
    assert type(error) is kind
    assert str(error) == message


def test_a_killed_cli_says_so_and_what_it_printed_last() -> None:
    error = told("dev.blue", -15, "Updating (dev.blue)")
    assert str(error) == (
        "stack 'dev.blue': pulumi was killed by SIGTERM and said: Updating (dev.blue); run again, "
        "the next run finds what was under way"
    )


def test_silence_is_told_from_success() -> None:
    assert str(errors.CliSilent("dev.blue", "")) == (
        "stack 'dev.blue': pulumi ended without telling what it did; it printed: nothing at all. "
        "Is it Pulumi's own CLI? Run `mto preview` to see how things stand"
    )


def test_a_long_text_is_cut() -> None:
    assert len(str(told("dev.blue", 1, "error: " + "x" * 5000))) < 500
