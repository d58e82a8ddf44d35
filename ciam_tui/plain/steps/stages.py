"""Step 4 as questions: the stages, added, changed and removed one at a time, and how their roles are called and made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.answers import settled
from ciam_tui.core.asking.entries import join_entries, split_entries
from ciam_tui.core.asking.typed import PRESETS, stages_of_preset, typed_seconds
from ciam_tui.core.draft import ACCESSES, EXTRAS, POLICY_KINDS, Draft, RoleDraft, StageDraft
from ciam_tui.core.steps import STEPS
from ciam_tui.core.validate import normalized_prefix
from ciam_tui.plain.choosing import Option, choose_many, choose_one
from ciam_tui.plain.fields import ask_field, tell_problems, took
from ciam_tui.plain.talk import Back

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.plain.desk import Desk

EMPTY = "empty"
_ON, _ADD, _EDIT, _REMOVE, _ROLES = "on", "add", "edit", "remove", "roles"
_WAYS = (
    Option(_ON, "on", "go on with these stages"),
    Option(_ADD, "add", "one more stage"),
    Option(_EDIT, "edit", "change a stage"),
    Option(_REMOVE, "remove", "take a stage away"),
    Option(_ROLES, "roles", "how the roles are called and made"),
)


def ask_stages(desk: Desk) -> None:
    """A preset where there is no stage yet; then what to do with them, until one goes on."""
    if not desk.draft.stages:
        _begin(desk)
    is_known = False
    while True:
        _tell_stages(desk)
        way = choose_one(desk.talk, "What next?", _WAYS, default=_ON, about="stages", is_known=is_known)
        is_known = True
        if way == _ON:
            _check_role(desk)
            return
        try:
            _take_way(desk, way)
        except Back:
            continue


def _begin(desk: Desk) -> None:
    options = [*(Option(each.id, each.name, each.about) for each in PRESETS), Option(EMPTY, EMPTY, "stages of your own")]
    preset = choose_one(desk.talk, "Begin with", options, default=PRESETS[0].id, about="presets")
    if preset == EMPTY:
        _add(desk)
    else:
        desk.take(replace(desk.draft, stages=stages_of_preset(preset, desk.draft.base_prefix or "")))


def _tell_stages(desk: Desk) -> None:
    for number, stage in enumerate(desk.draft.stages, 1):
        desk.talk.say(f"Stage {number}, {stage.name or 'without a name'}: {stage_words(stage)}.")


def stage_words(stage: StageDraft) -> str:
    """All that a stage may, in one sentence."""
    parts = [
        f"prefix {stage.prefix or 'none, which is the whole bucket'}",
        f"access {', '.join(stage.access) or 'none'}",
        *([f"reads too {', '.join(prefix or 'the whole bucket' for prefix in stage.read_prefixes)}"] if stage.read_prefixes else []),
        f"branches {', '.join(stage.branches) or 'any'}",
        *([f"extras {', '.join(stage.extras)}"] if stage.extras else []),
        f"session {stage.session_seconds} seconds",
    ]
    return "; ".join(parts)


def _take_way(desk: Desk, way: str) -> None:
    match way:
        case "add":
            _add(desk)
        case "edit":
            _edit(desk, _which(desk, "Stage to edit"))
        case "remove":
            _remove(desk, _which(desk, "Stage to remove"))
        case _:
            _ask_roles(desk)


def _which(desk: Desk, question: str) -> int:
    stages = desk.draft.stages
    if not stages:
        desk.talk.say("There is no stage.")
        raise Back
    options = [Option(str(place), stage.name or f"stage {place + 1}") for place, stage in enumerate(stages)]
    return int(choose_one(desk.talk, question, options, default=options[0].name, about="stages"))


def _add(desk: Desk) -> None:
    stage = StageDraft(prefix=normalized_prefix(desk.draft.base_prefix or ""), access=("read",))
    before = desk.draft
    desk.take(replace(before, stages=(*before.stages, stage)))
    try:
        _edit(desk, len(before.stages))
    except Back:
        if not desk.draft.stages[-1].name:  # nothing was said of it yet
            desk.take(replace(desk.draft, stages=desk.draft.stages[:-1]))
        raise


def _remove(desk: Desk, place: int) -> None:
    stage = desk.draft.stages[place]
    if desk.talk.ask_yes(f"Remove {stage.name or 'this stage'}?", about="stages"):
        desk.take(replace(desk.draft, stages=tuple(each for index, each in enumerate(desk.draft.stages) if index != place)))


def _edit(desk: Desk, place: int) -> None:
    path = f"stages[{place}]"

    def put(change: Callable[[StageDraft, str], StageDraft]) -> Callable[[Draft, str], Draft]:
        return lambda draft, text: _with_stage(draft, place, change(draft.stages[place], text))

    def stage() -> StageDraft:
        return desk.draft.stages[place]

    ask_field(desk, f"{path}.name", "Stage's name", put(lambda each, text: replace(each, name=text)), stage().name)
    prefix = put(lambda each, text: replace(each, prefix=normalized_prefix(text)))
    ask_field(desk, f"{path}.prefix", "Prefix", prefix, stage().prefix, empty="the whole bucket")
    _ask_ticks(desk, f"{path}.access", "Access", ACCESSES, stage().access, lambda each, chosen: replace(each, access=chosen), place)
    reads = put(lambda each, text: replace(each, read_prefixes=tuple(map(normalized_prefix, split_entries(text)))))
    ask_field(desk, f"{path}.read_prefixes", "Reads too", reads, join_entries(stage().read_prefixes), empty="nothing else")
    branches = put(lambda each, text: replace(each, branches=split_entries(text)))
    ask_field(desk, f"{path}.branches", "Branches", branches, join_entries(stage().branches), empty="any branch")
    _ask_ticks(desk, f"{path}.extras", "Extras", EXTRAS, stage().extras, lambda each, chosen: replace(each, extras=chosen), place)
    seconds = put(lambda each, text: replace(each, session_seconds=typed_seconds(text)))
    ask_field(desk, f"{path}.session_seconds", "Session, in seconds", seconds, str(stage().session_seconds))


def _with_stage(draft: Draft, place: int, stage: StageDraft) -> Draft:
    return replace(draft, stages=tuple(stage if index == place else each for index, each in enumerate(draft.stages)))


def _ask_ticks(  # noqa: PLR0917 - each is a fact of the question
    desk: Desk,
    path: str,
    question: str,
    words: tuple[str, ...],
    current: tuple[str, ...],
    change: Callable[[StageDraft, tuple[str, ...]], StageDraft],
    place: int,
) -> None:
    options = [Option(word, word) for word in words]
    while True:
        chosen = choose_many(desk.talk, question, options, current, about=path)
        ordered = tuple(word for word in words if word in chosen)
        after = _with_stage(desk.draft, place, change(desk.draft.stages[place], ordered))
        if took(desk, path, settled(desk.draft, after)):
            return


def _check_role(desk: Desk) -> None:
    """The roles' names are asked for where they are wrong; else they are as they were."""
    step = next(each for each in STEPS if each.id == "stages")
    problem = step.why_not(desk.draft)
    if problem is not None and problem.field.startswith("role."):
        tell_problems(desk, (problem,))
        _ask_roles(desk)


def _ask_roles(desk: Desk) -> None:
    def put(answer: str, *, is_optional: bool = False) -> Callable[[Draft, str], Draft]:
        def change(draft: Draft, text: str) -> Draft:
            value = (text or None) if is_optional else text
            return replace(draft, role=replace(draft.role, **{answer: value}))  # type: ignore[arg-type] # the names are RoleDraft's

        return change

    role: RoleDraft = desk.draft.role
    ask_field(desk, "role.name_prefix", "Names of the roles begin with", put("name_prefix"), role.name_prefix, empty="nothing")
    per_project = desk.talk.ask_yes("One role for each project?", default=role.per_project, about="role.per_project")
    desk.take(settled(desk.draft, replace(desk.draft, role=replace(desk.draft.role, per_project=per_project))))
    ask_field(desk, "role.path", "Path of the roles", put("path"), role.path)
    kinds = [Option(kind, kind) for kind in POLICY_KINDS]
    kind = choose_one(desk.talk, "Policies", kinds, default=role.policy_kind, about="role.policy_kind")
    desk.take(replace(desk.draft, role=replace(desk.draft.role, policy_kind=kind)))
    boundary = put("permissions_boundary", is_optional=True)
    ask_field(desk, "role.permissions_boundary", "Permissions boundary", boundary, role.permissions_boundary or "", empty="no boundary")
