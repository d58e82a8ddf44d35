"""Step 6 as a menu: what would be done, read out in as much detail as wanted; fixes by number; files; and whether to do it.

The plan is read when it is first asked for, and again after every answer that changes it, so that what is applied is what was read out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.answers import settled
from ciam_tui.core.changes.subjects import context_subject
from ciam_tui.core.circleci.wiring_problems import is_for_good
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.steps import STEPS, StepId
from ciam_tui.core.words import counted
from ciam_tui.plain.choosing import Option, choose_one
from ciam_tui.plain.talk import Back

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.draft import Draft
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.plan import Conflict, Plan
    from ciam_tui.core.setup import Setup
    from ciam_tui.plain.desk import Desk

# The numbers of these are what a file of answers holds: new ones go before the last alone.
WAYS = (
    Option("apply", "apply", "asks once more, then makes it so"),
    Option("plan", "plan", "every step with its request, what it replaces and how it is undone"),
    Option("roles", "roles", "who gets in and what each role may do, in words"),
    Option("json", "json", "the policies as JSON"),
    Option("findings", "findings", "what is risky, and fixes by number"),
    Option("export", "export", "write the policies in another format"),
    Option("save", "save", "write the Setup file"),
    Option("adopt", "adopt", "take over what exists and is not ours"),
    Option("wire", "wire", "also make a context for each role in CircleCI, or no longer"),
    Option("steps", "steps", "go back to one of the steps"),
    Option("reread", "reread", "read the account again"),
    Option("menu", "menu", "leave the review, the answers stay"),
)
_NO_FIX = "no"


@dataclass(slots=True)
class Review:
    """One review: the plan of the answers as they stand, None until it is read."""

    desk: Desk
    draft: Draft
    setup: Setup
    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    forbidden: frozenset[str] = field(default=frozenset())

    def read(self) -> Plan:
        """The plan, from a fresh reading where there is none yet; it is then read out.

        Raises:
            CiamError: the account or CircleCI cannot be read.
        """
        if self.plan is not None:
            return self.plan
        from ciam_tui.commands.planned import forbidden_ids
        from ciam_tui.plain.plan_words import summary_lines
        from ciam_tui.runs import plan_for

        desk = self.desk
        ports = desk.ports(wire=desk.wires)
        desk.talk.say("Reading the account.")
        plan = plan_for(self.setup, ports, adopt=desk.adopted, wire=desk.wires)
        self.forbidden = forbidden_ids(plan, ports)
        self._find(plan)
        self.plan = plan
        desk.talk.say(*summary_lines(plan, desk.mode, self.forbidden), *self._counted())
        return plan

    def _find(self, plan: Plan | None) -> None:
        from ciam_tui.core.findings import findings, worst_first

        own = findings(self.setup, plan.facts.quotas) if plan is not None else findings(self.setup)
        self.findings = worst_first((*own, *self._of_circleci()))

    def _of_circleci(self) -> tuple[Finding, ...]:
        """What CircleCI shows. That it cannot be asked keeps nobody from a plan."""
        from ciam_tui.core.circleci.findings import circleci_findings
        from ciam_tui.surveys.circleci import circleci_survey

        try:
            facts = circleci_survey(self.setup, self.desk.circleci())
        except CiamError as error:
            self.unread = (f"CircleCI was not read: {error.message}",)
            return ()
        self.unread = facts.unread
        return circleci_findings(self.setup, facts)

    def _counted(self) -> Iterator[str]:
        yield from (f"Not read: {sentence}" for sentence in self.unread)
        if self.findings:
            counts = ", ".join(f"{sum(each.level is level for each in self.findings)} of level {level}" for level in Level)
            yield f"Findings: {counts}."

    def told_findings(self) -> tuple[Finding, ...]:
        """The findings, also where the account cannot be read: they rest on the answers alone then."""
        if self.plan is None:
            self._find(None)
        return self.findings

    def against(self) -> list[str]:
        """What speaks against applying the plan."""
        for_good = [problem.text for problem in self.plan.problems if is_for_good(problem)] if self.plan else []
        errors = [f"Finding of level error: {each.text}" for each in self.findings if each.level is Level.ERROR]
        plan = self.plan
        refused = [f"AWS says that you may not: {step.title}." for step in plan.steps if step.id in self.forbidden] if plan else []
        return [*for_good, *errors, *refused]


def ask_review(desk: Desk) -> StepId | None:
    """Ask what to do until one leaves: the step to go back to, or None for the menu.

    Raises:
        Back, Quit, NoMoreAnswers, Interrupted: in place of an answer.
    """
    review = Review(desk, desk.draft, desk.finished())
    _attempt(review, "plan-summary")
    is_known = False
    while True:
        way = choose_one(desk.talk, "What next?", WAYS, default="menu", about="review", is_known=is_known)
        is_known = True
        if way == "menu":
            return None
        try:
            if way == "steps":
                return _which_step(desk)
            if _attempt(review, way):
                return None
        except Back:
            continue
        if desk.draft != review.draft:
            try:
                review = Review(desk, desk.draft, desk.finished())
            except CiamError as error:
                desk.tell(error)
                return STEPS[0].id


def _which_step(desk: Desk) -> StepId:
    options = [Option(step.id, step.title, step.question) for step in STEPS[:-1]]
    chosen = choose_one(desk.talk, "Step", options, default=STEPS[3].title, about="review")
    return next(step.id for step in STEPS if step.id == chosen)


def _attempt(review: Review, way: str) -> bool:
    """Do what was chosen, and say what cannot be done; whether the review is over."""
    try:
        return _done(review, way)
    except CiamError as error:
        review.desk.tell(error)
        if error.code in ("plan-stale", "facts-changed"):
            review.plan = None
        return False


def _done(review: Review, way: str) -> bool:
    from ciam_tui.plain import files
    from ciam_tui.plain.carrying_out import apply_reviewed
    from ciam_tui.plain.plan_words import document_lines, finding_lines, role_lines, step_lines

    desk = review.desk
    match way:
        case "apply":
            plan = review.read()
            is_applied = apply_reviewed(desk, plan, review.setup, review.against())
            if is_applied:
                _tell_done(review)
            return is_applied
        case "plan-summary":
            review.read()
        case "reread":
            review.plan = None
            review.read()
        case "plan":
            _tell_pairs(desk, step_lines(review.read()))
        case "roles":
            desk.talk.say(*role_lines(review.setup))
        case "json":
            _tell_pairs(desk, document_lines(review.setup))
        case "findings":
            found = review.told_findings()
            desk.talk.say(*finding_lines(found))
            _ask_fix(desk, found)
        case "export":
            files.export(desk, review.setup)
        case "save":
            files.save_setup(desk, review.setup)
        case "adopt":
            _ask_adoption(review)
        case "wire":
            desk.wires = not desk.wires
            desk.talk.say("CircleCI is wired too." if desk.wires else "CircleCI is left alone.")
            review.plan = None
            try:
                review.read()
            except CiamError:
                desk.wires = False
                raise
    return False


def _tell_pairs(desk: Desk, pairs: Iterator[tuple[str, str]]) -> None:
    for sentence, document in pairs:
        desk.talk.say(sentence)
        if document:
            desk.talk.verbatim(document)


def _ask_fix(desk: Desk, found: Sequence[Finding]) -> None:
    """Apply the fix of the finding whose number is typed, and say what it changed."""
    from ciam_tui.core.draft_patch import with_fix

    fixable = {str(number): finding for number, finding in enumerate(found, 1) if finding.patch}
    if not fixable:
        return
    while True:
        text = desk.talk.ask("Number of the finding to fix", default=_NO_FIX, about="review").text.lower().removeprefix("fix ").strip()
        if text in ("", _NO_FIX, "none"):
            return
        finding = fixable.get(text)
        if finding is None:
            desk.talk.say(f"Only these can be fixed by number: {', '.join(fixable)}.")
            continue
        desk.take(settled(desk.draft, with_fix(desk.draft, finding)))
        desk.talk.say(f"Fixed: {finding.field}. The plan is read again when it is next wanted.")
        return


def _ask_adoption(review: Review) -> None:
    from ciam_tui.plain.plan_words import conflict_lines

    desk = review.desk
    conflicts = [each for each in review.read().conflicts if each.adoptable]
    if not conflicts:
        desk.talk.say("Nothing exists here that could be adopted.")
        return
    options = [Option(each.subject, f"{'context' if _is_context(each) else 'role'} {each.name}", each.reason) for each in conflicts]
    subject = choose_one(desk.talk, "What to adopt", options, default=options[0].name, about="review")
    conflict = next(each for each in conflicts if each.subject == subject)
    _tell_pairs(desk, conflict_lines(conflict))
    if _is_context(conflict):
        desk.talk.say("An undo cannot bring back the values of a context: CircleCI never gives a value back.")
    else:
        desk.talk.say("Its documents and tags of now go into the journal: undo restores them, and never deletes it.")
    answer = desk.talk.ask(f"Type {conflict.name} to adopt it; nothing is changed before you apply", empty="no", about="review")
    if answer.text != conflict.name:
        desk.talk.say("It is not adopted.")
        return
    kind = _is_context(conflict)
    desk.adopted |= {each.subject for each in conflicts if each.name == conflict.name and _is_context(each) == kind}
    review.plan = None
    review.read()


def _is_context(conflict: Conflict) -> bool:
    return conflict.subject == context_subject(conflict.name)


def _tell_done(review: Review) -> None:
    from ciam_tui.core.roles import wanted_roles

    desk = review.desk
    roles = wanted_roles(review.setup)
    desk.talk.say(f"Done. {counted(len(roles), 'role')}:", *(f"{role.stage}: {role.arn}" for role in roles))
    desk.talk.say("Export the format circleci for a configuration whose jobs take them. Past runs, in the menu, takes this back.")
