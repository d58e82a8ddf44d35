"""Step 4: the stages, each a role: what it may do, where, and on which branches. And how the roles are called and made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message

from ciam_tui.app.circleci_known import branch_hint, branches_offered
from ciam_tui.app.steps.base import StepBody
from ciam_tui.app.widgets.field import ChoiceField, Field, Labelled
from ciam_tui.app.widgets.link import Link
from ciam_tui.app.widgets.offering_field import OfferingField
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.asking.entries import join_entries, split_entries
from ciam_tui.core.asking.typed import PRESETS, stages_of_preset, typed_seconds
from ciam_tui.core.draft import ACCESSES, EXTRAS, POLICY_KINDS, Draft, RoleDraft, StageDraft
from ciam_tui.core.validate import normalized_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual.widget import Widget

    from ciam_tui.core.problems import Problem

PER_PROJECT = "one role for each project"
NAMES = "names, path, boundary"


class StagesBody(StepBody):
    """The list of stages, and the form of the one under the cursor."""

    step_id = "stages"
    BINDINGS: ClassVar = [
        Binding("insert,plus", "add", "Add a stage", show=False),
        Binding("delete,minus", "remove", "Remove the stage", show=False),
    ]

    class StageChosen(Message):
        """Another stage is edited."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class RemovalAsked(Message):
        """The stage at `index` is to go."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def form(self) -> Iterable[Widget]:
        """Presets where there is no stage yet; the list; the form of one stage; the roles."""
        self._index = 0
        self._presets = Picker(id="presets")
        self._presets.border_title = "Begin with"
        self._presets.show([Row(each.id, (each.name, each.about)) for each in PRESETS])
        self._list = Picker(id="stages")
        self._list.border_title = "Stages"
        self._name_field = Field("stages[0].name", "Name")
        self._prefix = Field("stages[0].prefix", "Prefix", placeholder="the whole bucket")
        self._access = ChoiceField("stages[0].access", "Access", ACCESSES)
        self._reads = Field("stages[0].read_prefixes", "Reads too", placeholder="nothing else")
        self._branches = OfferingField("stages[0].branches", "Branches", placeholder=branch_hint(self.draft, self.session.known_circleci))
        self._extras = ChoiceField("stages[0].extras", "Extras", EXTRAS)
        self._session = Field("stages[0].session_seconds", "Session", "3600")
        self._more = ChoiceField("more", "Roles", (NAMES,))
        self._name_prefix = Field("role.name_prefix", "Names", self.draft.role.name_prefix, placeholder="such as circleci-web-")
        self._per_project = ChoiceField("role.per_project", "Each", (PER_PROJECT,))
        self._path = Field("role.path", "Path", self.draft.role.path, placeholder="such as /circleci/")
        self._kind = ChoiceField("role.policy_kind", "Policy", POLICY_KINDS, single=True)
        self._boundary = Field("role.permissions_boundary", "Boundary", placeholder="none")
        yield self._presets
        yield self._list
        yield Horizontal(Link("+ Add", "add"), Link("− Remove", "remove"), id="links")
        yield Vertical(
            self._name_field, self._prefix, self._access, self._reads, self._branches, self._extras, self._session, id="stage-form"
        )
        yield self._more
        yield Vertical(self._name_prefix, self._per_project, self._path, self._kind, self._boundary, id="role-form")

    def on_mount(self) -> None:
        """Show the first stage."""
        self.query_one("#role-form").display = False
        self.fill()

    def ends_step(self, stop: Widget) -> bool:
        """The list: its stages are the answer. Space edits one."""
        return stop is self._list

    def first_stop(self) -> Widget:
        """The presets, or the list."""
        return self._list if self.draft.stages else self._presets

    def show(self, draft: Draft, problems: Mapping[str, Problem]) -> None:
        """Show `draft`; a problem of the roles' names opens what is folded away."""
        if any(path.startswith("role.") for path in problems) and not self.query_one("#role-form").display:
            self.query_one("#role-form").display = True
            self._more.show((NAMES,))
        super().show(draft, problems)

    def fill(self) -> None:
        """The list, the stage under the cursor, the roles."""
        stages = self.draft.stages
        self._presets.display = not stages
        self._list.display = self.query_one("#stage-form").display = self.query_one("#links").display = bool(stages)
        self._fill_role()
        if not stages:
            return
        self._index = min(self._index, len(stages) - 1)
        rows = [Row(str(index), _cells(stage), stage.name) for index, stage in enumerate(stages)]
        if tuple(rows) != self._list.rows:
            self._list.show(rows)
            self._list.highlight(str(self._index))
        self._fill_stage(stages[self._index])

    def _fill_stage(self, stage: StageDraft) -> None:
        for labelled in (self._name_field, self._prefix, self._access, self._reads, self._branches, self._extras, self._session):
            labelled.path = f"stages[{self._index}].{labelled.path.rpartition('.')[2]}"
        self._name_field.show(stage.name)
        self._prefix.show(stage.prefix)
        self._access.show(stage.access)
        if split_entries(self._reads.text) != stage.read_prefixes:
            self._reads.show(join_entries(stage.read_prefixes))
        if split_entries(self._branches.text) != stage.branches:
            self._branches.show(join_entries(stage.branches))
        offered = [each for each in branches_offered(self.draft, self.session.known_circleci) if each[0] not in stage.branches]
        self._branches.offer([branch for branch, _ in offered], offered[0][1] if offered else "")
        self._extras.show(stage.extras)
        self._session.show(str(stage.session_seconds))

    def _fill_role(self) -> None:
        role = self.draft.role
        self._name_prefix.show(role.name_prefix)
        self._per_project.show((PER_PROJECT,) if role.per_project else ())
        self._path.show(role.path)
        self._kind.show((role.policy_kind,))
        self._boundary.show(role.permissions_boundary or "")

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Edit the stage under the cursor."""
        event.stop()
        if event.picker is self._list and int(event.row.key) != self._index:
            self._index = int(event.row.key)
            self.post_message(self.StageChosen(self._index))

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """Begin with a preset, or go on to the form of the stage."""
        event.stop()
        if event.picker is self._presets:
            preset = event.row.key
            self.edit(lambda draft: replace(draft, stages=stages_of_preset(preset, draft.base_prefix or "")), "stages")
            self.call_after_refresh(self._list.focus)
        elif event.go_on:
            self.to_next_stop()
        elif not event.by_mouse:
            self._name_field.input.focus()

    def to_next_stop(self) -> None:
        """After the last answer of a stage, back to the list."""
        if self.screen.focused is self._session.input:
            self._list.focus()
        else:
            super().to_next_stop()

    def on_field_typed(self, event: Field.Typed) -> None:
        """Take what was typed."""
        event.stop()
        field, path = event.field, event.path
        match path.rpartition(".")[2]:
            case "name":
                self._edit_stage(path, lambda stage: replace(stage, name=field.take().strip()))
            case "prefix":
                self._edit_stage(path, lambda stage: replace(stage, prefix=field.take().strip()))
            case "read_prefixes":
                self._edit_stage(path, lambda stage: replace(stage, read_prefixes=split_entries(field.take())))
            case "branches":
                self._edit_stage(path, lambda stage: replace(stage, branches=split_entries(field.take())))
            case "session_seconds":
                self._edit_stage(path, lambda stage: replace(stage, session_seconds=typed_seconds(field.take().strip())))
            case "permissions_boundary":
                self._edit_role(path, lambda role: replace(role, permissions_boundary=field.take().strip() or None))
            case "name_prefix":
                self._edit_role(path, lambda role: replace(role, name_prefix=field.take().strip()))
            case "path":
                self._edit_role(path, lambda role: replace(role, path=field.take().strip()))

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """Take what was ticked."""
        event.stop()
        path, chosen = event.field.path, event.chosen
        match path.rpartition(".")[2]:
            case "access":
                self._edit_stage(path, lambda stage: replace(stage, access=chosen))
            case "extras":
                self._edit_stage(path, lambda stage: replace(stage, extras=chosen))
            case "per_project":
                self._edit_role(path, lambda role: replace(role, per_project=bool(chosen)))
            case "policy_kind":
                self._edit_role(path, lambda role: replace(role, policy_kind=chosen[0]))
            case _:
                self.query_one("#role-form").display = bool(chosen)

    def accepted(self, field: Labelled) -> None:
        """Close a prefix by its slash."""
        if field is self._prefix:
            self._edit_stage(field.path, lambda stage: replace(stage, prefix=normalized_prefix(stage.prefix)))
        elif field is self._reads:
            self._edit_stage(field.path, lambda stage: replace(stage, read_prefixes=tuple(map(normalized_prefix, stage.read_prefixes))))

    def action_add(self) -> None:
        """A new stage, after the others."""
        place = len(self.draft.stages)
        self.edit(
            lambda draft: replace(
                draft, stages=(*draft.stages, StageDraft(prefix=normalized_prefix(draft.base_prefix or ""), access=("read",)))
            ),
            "stages",
        )
        self._index = place
        self.post_message(self.StageChosen(place))
        self.call_after_refresh(self._begin_naming, place)

    def _begin_naming(self, place: int) -> None:
        self._list.highlight(str(place))
        self._name_field.input.focus()

    def action_remove(self) -> None:
        """Ask whether the stage under the cursor is to go."""
        if self.draft.stages:
            self.post_message(self.RemovalAsked(self._index))

    def on_link_followed(self, event: Link.Followed) -> None:
        """A click on a link."""
        event.stop()
        if event.link.action == "add":
            self.action_add()
        else:
            self.action_remove()

    def _edit_stage(self, path: str, change: Callable[[StageDraft], StageDraft]) -> None:
        index = int(path[path.index("[") + 1 : path.index("]")])

        def change_stage(draft: Draft) -> Draft:
            stages = tuple(change(stage) if place == index else stage for place, stage in enumerate(draft.stages))
            return replace(draft, stages=stages)

        self.edit(change_stage, path)

    def _edit_role(self, path: str, change: Callable[[RoleDraft], RoleDraft]) -> None:
        self.edit(lambda draft: replace(draft, role=change(draft.role)), path)


def _cells(stage: StageDraft) -> tuple[str, ...]:
    return (stage.name or "(no name)", stage.prefix or "(all)", " ".join(stage.access))
