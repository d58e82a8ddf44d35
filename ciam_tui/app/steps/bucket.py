"""Step 2: the bucket, picked or typed, and what is read from it: its region, and the key that its objects are encrypted with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.literal import literal
from ciam_tui.app.steps.base import StepBody
from ciam_tui.app.widgets.field import ChoiceField, Field
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.answers import Changed, with_bucket
from ciam_tui.core.asking.typed import with_bucket_read
from ciam_tui.core.draft import BucketDraft, Draft
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget

    from ciam_tui.core.facts import Bucket, BucketSummary

CREATE = "create this bucket"


class BucketBody(StepBody):
    """The bucket's name, the list to pick it from, and its settings."""

    step_id = "bucket"

    class BucketsRead(Message):
        """The buckets of the account, or why they could not be read."""

        def __init__(self, outcome: tuple[BucketSummary, ...] | CiamError) -> None:
            super().__init__()
            self.outcome = outcome

    class BucketRead(Message):
        """What bucket `name` is like; None where there is none."""

        def __init__(self, name: str, outcome: Bucket | CiamError | None) -> None:
            super().__init__()
            self.name = name
            self.outcome = outcome

    def form(self) -> Iterable[Widget]:
        """The name, the list, and the settings."""
        bucket = self.draft.bucket
        self._name_field = Field("bucket.name", "Bucket", bucket.name, placeholder="pick below, or type a name")
        self._list = Picker(id="buckets", empty="This account has no buckets: type a name and tick create.")
        self._list.border_title = "Buckets"
        self._told = Static("", id="who")
        self._going_on = False  # whether to go on once the bucket is read
        self._asked_about = ""  # the bucket that is read, or was read last
        self._create = ChoiceField("bucket.create", "New", (CREATE,))
        self._region = Field("bucket.region", "Region", bucket.region, placeholder="such as us-east-1")
        self._key = Field("bucket.kms_key_arn", "KMS key", bucket.kms_key_arn or "", placeholder="none")
        self._owner = Field("bucket.owner_account_id", "Owner", bucket.owner_account_id or "", placeholder="this account")
        yield self._name_field
        yield self._list
        yield self._told
        yield self._create
        yield self._region
        yield self._key
        yield self._owner

    def ends_step(self, stop: Widget) -> bool:
        """The bucket itself; its settings are read."""
        return stop in (self._name_field.input, self._list)

    def holds_up(self) -> bool:
        """Until the bucket has been looked at: its region and key are answers of this step."""
        name = self.draft.bucket.name
        if self.session.aws is None or not name or self.draft.bucket.create or name in self.session.known.bucket:
            return False
        self._going_on = True
        self._look_up(name)
        return True

    def first_stop(self) -> Widget:
        """The list, where there is one to pick from; else the name."""
        return self._list if self.session.aws is not None else self._name_field.input

    def on_mount(self) -> None:
        """Show what is known, read what is not."""
        self.fill()
        if self.session.known.buckets is not None:
            self._show_buckets()
        elif self.session.aws is not None:
            self.read_again()
        else:
            self._list.say("nobody is signed in: type the name above")

    def fill(self) -> None:
        """The fields, and the mark in the list."""
        bucket = self.draft.bucket
        self._name_field.show(bucket.name)
        self._create.show((CREATE,) if bucket.create else ())
        self._region.show(bucket.region)
        self._key.show(bucket.kms_key_arn or "")
        self._owner.show(bucket.owner_account_id or "")
        self._list.mark([bucket.name] if bucket.name else [])

    def read_again(self) -> str | None:
        """The list, and the bucket that is chosen."""
        if self.session.aws is None:
            return "Nobody is signed in: choose an identity in step 1."
        self._list.say("reading the buckets … (esc stops)")
        self.read_buckets()
        if self.draft.bucket.name and not self.draft.bucket.create:
            self.session.known.bucket.pop(self.draft.bucket.name, None)
            self._look_up(self.draft.bucket.name)
        return None

    def stop_reading(self) -> None:
        """Stop, and say how to begin again."""
        super().stop_reading()
        if self.session.known.buckets is None:
            self._list.say("stopped; ctrl+r reads again, or type the name above")
        self._told.update("")
        self._going_on = False

    @work(thread=True, exclusive=True, exit_on_error=False, group="buckets")
    def read_buckets(self) -> None:
        """All buckets, page after page."""
        worker = get_current_worker()

        def read() -> tuple[BucketSummary, ...]:
            found = []
            for summary in self.session.need_aws().buckets():
                found.append(summary)
                if worker.is_cancelled:
                    break
            return tuple(found)

        outcome = outcome_of(read)
        if not worker.is_cancelled:
            self.post_message(self.BucketsRead(outcome))

    @work(thread=True, exclusive=True, exit_on_error=False, group="bucket")
    def read_bucket(self, name: str, owner: str | None) -> None:
        """One bucket's settings."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: self.session.need_aws().bucket(name, owner=owner))
        if not worker.is_cancelled:
            self.post_message(self.BucketRead(name, outcome))

    def on_bucket_body_buckets_read(self, event: BucketsRead) -> None:
        """Show them."""
        if isinstance(event.outcome, CiamError):
            self._list.say("! not readable: type the name above")
            self._told.update(literal(f"! {event.outcome.message}", "$warning"))
            return
        self.session.known.buckets = event.outcome
        self._show_buckets()

    def on_bucket_body_bucket_read(self, event: BucketRead) -> None:
        """Show what it is like, and take its region and key as answers."""
        going_on, self._going_on = self._going_on, False
        if isinstance(event.outcome, CiamError):
            self._told.update(literal(f"! {event.name}: {event.outcome.message}", "$warning"))
            return
        self.session.known.bucket[event.name] = event.outcome
        if event.name != self._asked_about:
            return
        self._tell_about(event.name, event.outcome)
        if event.outcome is not None:
            bucket = event.outcome
            self.edit(lambda draft: with_bucket_read(draft, bucket), "bucket.region")
            if going_on:
                self.finish()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """Take the bucket of the row."""
        event.stop()
        name = event.row.key
        if name != self.draft.bucket.name:
            region = next((each.region or "" for each in self.session.known.buckets or () if each.name == name), "")
            self.edit(_pick(name, region), "bucket.name")
            self._look_up(name)
        if event.go_on:
            self.finish()

    def on_field_typed(self, event: Field.Typed) -> None:
        """Take what was typed."""
        event.stop()
        field, answer = event.field, event.path.rpartition(".")[2]
        if answer == "name":
            self._told.update("")
        self.edit(lambda draft: replace(draft, bucket=_answered(draft.bucket, answer, field.take().strip())), event.path)

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """Whether to make it."""
        event.stop()
        create = CREATE in event.chosen
        region = self.session.region or ""

        def change(draft: Draft) -> Draft:
            bucket = replace(draft.bucket, create=create, region=draft.bucket.region or (region if create else ""))
            return replace(draft, bucket=bucket)

        self.edit(change, "bucket.create")

    def _look_up(self, name: str) -> None:
        self._asked_about = name
        if self.session.aws is None:
            return
        if name in self.session.known.bucket:
            self.post_message(self.BucketRead(name, self.session.known.bucket[name]))
            return
        self._told.update(literal(f"reading {name} … (esc stops)", "$muted"))
        self.read_bucket(name, self.draft.bucket.owner_account_id)

    def _show_buckets(self) -> None:
        rows = [Row(each.name, (each.name, each.region or "")) for each in self.session.known.buckets or ()]
        self._list.show(rows, marked=[self.draft.bucket.name] if self.draft.bucket.name else [])

    def _tell_about(self, name: str, bucket: Bucket | None) -> None:
        if bucket is None:
            if self.draft.bucket.create:
                self._told.update(literal(f"✓ {name} does not exist yet, and is made.", "$success"))
            else:
                self._told.update(literal(f"! There is no bucket {name}. Tick create to have it made.", "$warning"))
            return
        parts = [f"✓ {name} in {bucket.region}"]
        parts.append("KMS key filled in below" if bucket.kms_key_arn else (bucket.encryption or "encryption not read"))
        if bucket.policy is not None:
            parts.append("has a bucket policy")
        if bucket.unread:
            parts.append(f"not readable: {', '.join(bucket.unread)}")
        self._told.update(literal(" · ".join(parts), "$success"))


def _answered(bucket: BucketDraft, answer: str, text: str) -> BucketDraft:
    match answer:
        case "name":
            return replace(bucket, name=text)
        case "region":
            return replace(bucket, region=text)
        case "kms_key_arn":
            return replace(bucket, kms_key_arn=text or None)
        case _:
            return replace(bucket, owner_account_id=text or None)


def _pick(name: str, region: str) -> Callable[[Draft], Changed]:
    return lambda draft: with_bucket(draft, BucketDraft(name=name, region=region))
