"""`docqa ask`: one answer, or one for each question of a file, or one for each document."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from docqa.app import report
from docqa.app.answer.answer import Answer, CoverageReport, Usage
from docqa.app.answer.grades import Status
from docqa.app.answerers.third_party import options_for_provenance
from docqa.app.context.provenance import provenance_without_state
from docqa.app.errors import InputError, ResourceError, UsageError
from docqa.app.history.recorder import Recorder
from docqa.app.output import bibliography
from docqa.app.output.console import Screen
from docqa.app.output.interrupts import stopping_on_interrupt
from docqa.app.output.render import json_line
from docqa.app.session.engine import open_session

from . import batches, flags, inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from docqa.app.batch.batch import Batch
    from docqa.app.batch.items import BatchItem
    from docqa.app.history.answered import AnsweredQuestions
    from docqa.app.options import Options
    from docqa.app.session.session import Session
    from docqa.ingest.types import Document
    from docqa.model.protocol import Model

FORMS = ("text", "md", "html", "json", *bibliography.FORMS)


@flags.shared(
    *flags.MODELS,
    "base_url",
    "k",
    "source",
    "sections",
    "password_file",
    "include_hidden",
    "store",
    "media_type",
)
def ask(
    given: flags.SharedOptions,
    items: Annotated[
        list[str] | None,
        flags.argument(
            'PATH... "QUESTION"',
            "Files, folders, .zip or - for standard input; the question comes last.",
        ),
    ] = None,
    questions: flags.Questions = None,
    each: Annotated[
        bool, flags.switch("--each", "One answer for every file, not one context of all.")
    ] = False,
    form: Annotated[
        str | None,
        flags.option(
            "--format",
            "",
            "How answers are printed (text by default), or a cite of the documents that they cite: bibtex, ris.",
            *FORMS,
        ),
    ] = None,
    as_json: Annotated[
        bool, flags.switch("--json", "One JSON object a question, one line each.")
    ] = False,
    quick: Annotated[bool, flags.switch("--quick", "Only the preliminary answer.")] = False,
    no_preview: Annotated[bool, flags.switch("--no-preview", "Only the final answer.")] = False,
    think: flags.Think = None,
    hide: flags.HideThoughts = False,
    unsupported: Annotated[
        bool,
        flags.switch(
            "--show-unsupported", "Print apart what a model wrote and no quote bears out."
        ),
    ] = False,
    jobs: batches.Jobs = 1,
    workspace: batches.Workspace = None,
    ray: batches.Ray = None,
) -> int:
    """Examples: docqa ask report.pdf "Who signed it?" · docqa ask folder/ --questions
    questions.jsonl --json · docqa ask act.pdf --sections 3-5,A "Who may appeal?" --format html

    Exit status 0 answered, 5 only possible or not found, 3 a document cannot be used, 4 model,
    memory or disk.
    """
    if quick and no_preview:
        raise UsageError(
            "--quick prints only the preliminary answer, --no-preview only the final one",
            hint="choose one",
        )
    shown_as = _checked_output_form(form, as_json)
    if questions is None:
        paths, question = inputs.split_question(items or [])
        asked = [question]
    else:
        paths = items or []
        asked = inputs.read_questions(questions)
    if not paths:
        raise UsageError("there is no document to ask", hint="docqa ask FILE --questions QUESTIONS")
    inputs.check_stdin(paths)
    as_batch = jobs > 1 or workspace is not None or ray is not None
    if as_batch and not each:
        raise UsageError(
            "--jobs, --workspace and --ray work only with --each",
            hint="add --each for one answer a file",
        )
    if as_batch and shown_as in bibliography.FORMS:
        raise UsageError(
            f"--format {shown_as} reads the front matter of documents here",
            hint="leave out --jobs, --workspace and --ray",
        )
    preview = False if no_preview or (shown_as != "text" and not quick) else None
    options = given.options(quick=quick, preview=preview, think=think)
    inputs.check_writing(options)
    named = each and (len(paths) > 1 or not os.path.isfile(paths[0]))
    run = _Run(asked, options, shown_as, named, not hide and shown_as == "text", unsupported)
    if not each:
        code = run.ask(paths)
    elif as_batch:
        code = run.ask_batch(paths, jobs, workspace, ray)
    else:
        code = report.worst_exit_code(run.ask_each(paths))
    run.print_collected()
    return code


def _checked_output_form(form: str | None, as_json: bool) -> str:
    if form is not None and form not in FORMS:
        raise UsageError(
            f"--format {form}: must be {', '.join(FORMS[:-1])} or {FORMS[-1]}", hint="--format md"
        )
    if as_json and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} are two forms", hint="leave one out")
    return "json" if as_json else form or "text"


@dataclass
class _Run:
    asked: list[str]
    options: Options
    form: str
    named: bool
    thoughts: bool
    unsupported: bool
    model: Model | None = None
    _known: tuple[str, ...] = ()
    _collected: AnsweredQuestions | bibliography.Bibliography | None = None

    def __post_init__(self) -> None:
        if self.form in ("md", "html"):  # the answers are one document, which is printed at the end
            from docqa.app.history.answered import AnsweredQuestions

            self._collected = AnsweredQuestions()
        elif self.form in bibliography.FORMS:
            self._collected = bibliography.Bibliography()

    def print_collected(self) -> None:
        if self._collected and (text := self._collected.text(self.form)):
            report.result(text.removesuffix("\n"))

    def _make_screen(self, documents: Sequence[Document], heading: str, **more: Any) -> Screen:
        collect = partial(self._collected.add, documents) if self._collected else None
        several = len(self.asked) > 1
        return Screen(
            as_json=self.form == "json",
            heading=heading,
            several=several,
            collect=collect,
            unsupported=self.unsupported,
            **more,
        )

    def ask(self, paths: list[str]) -> int:
        return self._ask_opened_session(
            lambda: open_session(paths, self.options, model=self.model, load_meanwhile=True),
            self.named,
        )

    def ask_each(self, paths: list[str]) -> Iterator[int]:
        """The exit code of every document of `paths`, those of folders and archives too."""
        from docqa.app.batch.documents import open_session_of_content
        from docqa.ingest.errors import IngestError
        from docqa.ingest.read import find_documents

        passed_over: list[str] = []
        for path in paths:
            try:
                for name, content in find_documents(path, passed_over):
                    if isinstance(content, bytes):
                        yield self._ask_opened_session(
                            partial(
                                open_session_of_content, name, content, self.options, self.model
                            ),
                            True,
                        )
                    else:
                        yield self.ask([name])
            except IngestError:  # opening it says why
                yield self.ask([path])
        batches.warn_passed_over(passed_over)

    def _ask_opened_session(self, open_it: Callable[[], Session], named: bool) -> int:
        """All questions of one context; where it cannot be read, only its own answers are lost."""
        left = list(self.asked)
        try:
            with open_it() as session:
                return self._ask_session(session, left, named)
        except report.expected_errors() as error:
            self._show_failures(left, error)
            return report.report_failure(error)

    def ask_batch(self, paths: list[str], jobs: int, workspace: str | None, ray: str | None) -> int:
        """Ask every document by itself, several at once. The answers come in order, and are not
        kept in the history: what they cite is in other processes."""
        from docqa.app.batch.batch import Batch, BatchSettings
        from docqa.app.batch.jobs import AnswerJob
        from docqa.app.batch.workspace import Workspace

        with batches.folder(workspace) as folder, batches.listed(paths) as listing:
            options = replace(self.options, preview=False)
            batches.warn_passed_over(listing.passed_over)
            job = AnswerJob(options, self.asked)
            batch = Batch(
                job, listing, Workspace(folder), BatchSettings(jobs, retry_failed=True, ray=ray)
            )
            batches.answer_documents(batch, kept=workspace is not None)
            return report.worst_exit_code([self._show_item(batch, item) for item in listing.items])

    def _show_item(self, batch: Batch, item: BatchItem) -> int:
        from docqa.app.answer.events import Finished
        from docqa.app.batch.jobs import answers_of

        failure = batch.failure(item)
        if not failure:
            screen = self._make_screen((), item.shown_path if self.named else "")
            answers = answers_of(batch.record(item), item.shown_path)
            return report.worst_exit_code([screen.show([Finished(answer)]) for answer in answers])
        kind = InputError if failure.is_fault_of_document else ResourceError
        error = kind(failure.reason, where=item.shown_path, hint=failure.hint)
        self._show_failures(self.asked, error)
        return report.exit_code(error)

    def _ask_session(self, session: Session, left: list[str], named: bool) -> int:
        documents = session.documents
        heading = ", ".join(document.path for document in documents) if named else ""
        screen = self._make_screen(
            documents, heading, thoughts=self.thoughts, files=len(documents), known=self._known
        )
        self._known = tuple(
            filter(None, [inputs.notice(self.options)])
        )  # that passages are sent is said once
        recorder = Recorder(session.store, "ask", documents, report.warn)
        codes: list[int] = []
        try:
            while left:
                events = recorder.watch(session.ask(left[0]))
                with stopping_on_interrupt(session.stop_writing) as stopped:
                    codes.append(screen.show(events))
                left.pop(0)
                if stopped():
                    return report.INTERRUPTED
        finally:
            screen.close()
            recorder.close()
        self.model = session.model
        return report.worst_exit_code(codes)

    def _show_failures(self, questions: Iterable[str], error: Exception) -> None:
        """Each unanswered question gets its JSON object, too: a script counts lines."""
        for question in questions:
            if self.form == "json":
                report.result(json_line(_failed_answer(question, error, self.options)))
            elif self._collected:
                self._collected.add_failure(question, report.error_message(error))


def _failed_answer(question: str, error: Exception, options: Options) -> Answer:
    return Answer(
        status=Status.UNREADABLE if report.exit_code(error) == report.INPUT else Status.ERROR,
        question=question,
        answer=None,
        refused=False,
        confidence=0.0,
        quotes=(),
        evidence=(),
        coverage=CoverageReport(0, 0, 0, warnings=(report.error_message(error),)),
        usage=Usage(0, 0, 0.0, False),
        provenance=provenance_without_state("", None, options_for_provenance(options)),
    )
