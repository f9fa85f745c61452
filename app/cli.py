"""The `docqa` command: `main` is the process, `run` a command line. Little is imported first:
Ctrl-C must be caught.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

# Python's own 700 make the collector run hundreds of times while modules are imported. A question
# about what was read makes fewer than so many objects.
COLLECT_AFTER = 200_000, 20, 50


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    gc.set_threshold(*COLLECT_AFTER)
    sys.excepthook = _report_bug
    try:
        from . import report

        report.escape_unencodable()
        code = run(sys.argv[1:])
    except KeyboardInterrupt as error:
        from . import report

        code = report.report_interrupt(error)
    _ignore_interrupts()
    report.flush_stdout_quietly()
    # The interpreter would look through all of torch for cycles before it ends: a third of a
    # second. What is frozen is never destroyed, and Triton's extension (nanobind) would report its
    # objects as leaks.
    if "triton._C.libtriton" not in sys.modules:
        gc.freeze()
    return code


def run(
    arguments: Sequence[str], tool: Callable[..., int] | None = None, name: str = "docqa"
) -> int:
    """Run `docqa ARGUMENTS`, or `tool`, which is called `name`; returns the exit code. A bug keeps
    its exception.
    """
    from . import report

    try:
        plain = tool is None and arguments[:1] == ["tui"]
        if plain and len(arguments) <= 2 and not arguments[-1].startswith("-"):
            return _run_interface(*arguments[1:])
        return _run_command(arguments, tool, name)
    except (
        report.PipeClosedError,
        SystemExit,
    ):  # typer's own writing makes a SystemExit of a closed pipe
        return report.ANSWERED
    except report.expected_errors() as error:
        return report.report_failure(error)
    except RuntimeError as error:
        if not report.is_out_of_memory(error):
            raise
        return report.report_failure(error)


def _run_interface(path: str | None = None) -> int:
    """`docqa tui` without options: typer and what it imports would cost a third of the start."""
    from .commands.inputs import options_of
    from .tui.app import run

    return run(path, options_of({}))


def _run_command(arguments: Sequence[str], tool: Callable[..., int] | None, name: str) -> int:
    from typer.exceptions import Abort, Exit, TyperException

    from . import report
    from .commands import root

    try:
        if arguments[:1] == ["--man"]:
            report.result(root.manual(" ".join(arguments[1:])))
            return report.ANSWERED
        command = root.single(name, tool) if tool else root.command()
        done = command.main(list(arguments), prog_name=name, standalone_mode=False)
        return done if isinstance(done, int) else report.ANSWERED
    except Exit as error:
        return error.exit_code
    except Abort:
        return report.report_interrupt()
    except TyperException as error:
        hint = f"`{name} --help` shows how" if tool else root.hint(list(arguments))
        return _report_usage(error.format_message(), hint)


def _report_usage(message: str, hint: str) -> int:
    from . import report

    if message.startswith("Usage:"):  # a group without a command: the message is its help
        report.note(message)
        return report.USAGE
    if "did you mean" in hint:
        message = message.partition(" Did you mean")[0]
    return report.report_usage_error(message, hint)


def _ignore_interrupts() -> None:
    """A Ctrl-C while the interpreter tidies up must not change the status."""
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _report_bug(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """One line instead of a traceback; DOCQA_DEBUG=1 shows all of it."""
    import os

    if os.environ.get("DOCQA_DEBUG"):
        sys.__excepthook__(kind, error, trace)
        return
    place = trace
    while place and place.tb_next:
        place = place.tb_next
    where = f" ({place.tb_frame.f_code.co_filename}:{place.tb_lineno})" if place else ""
    what = f"{kind.__name__}: {error}{where}"
    sys.stderr.write(
        f"docqa: this is a bug in docqa: {what}; please report it, with what DOCQA_DEBUG=1 shows\n"
    )
