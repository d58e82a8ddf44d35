"""What a person types, taken apart: a project, a session's length, the presets of the stages. What cannot be taken apart is kept as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.answers import Changed, preset_stages
from ciam_tui.core.draft import BucketDraft, Draft, ProjectDraft

if TYPE_CHECKING:
    from ciam_tui.core.draft import StageDraft
    from ciam_tui.core.facts import Bucket

_SLUG = re.compile(r"(?:gh|github|bb|bitbucket|circleci)/[^/\s]+/[^/\s]+")

# How a profile gets its credentials, in the words of a list.
PROFILE_KINDS = {
    "keys": "access key",
    "sso": "SSO",
    "role": "assumes a role",
    "process": "credential process",
    "environment": "environment",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """Stages to begin with: an id, and two cells of a list."""

    id: str
    name: str
    about: str


PRESETS = (
    Preset("pipeline", "build, test, deploy", "deploy only from main"),
    Preset("build", "build", "read and write"),
    Preset("reader", "read", "read only"),
)


def stages_of_preset(preset: str, base_prefix: str) -> tuple[StageDraft, ...]:
    """The stages of the preset of that id, below `base_prefix`."""
    build, test, deploy = preset_stages(base_prefix)
    match preset:
        case "build":
            return (build,)
        case "reader":
            return (replace(test, name="read"),)
        case _:
            return (build, test, deploy)


def typed_seconds(text: str) -> int | str:
    """The number that `text` is, else the text itself: nothing that was typed is thrown away."""
    return int(text) if re.fullmatch(r"[0-9]{1,8}", text) else text


def is_project_slug(text: str) -> bool:
    """Whether `text` is a project as CircleCI's pages name it, such as gh/acme/web."""
    return _SLUG.fullmatch(text) is not None


def typed_project(text: str) -> ProjectDraft | None:
    """The project that `id name [repository]` names; a repository's URL is taken as what CircleCI calls its origin. None for no text."""
    words = text.split()
    if not words:
        return None
    origin = next((word for word in words[1:] if "/" in word), None)
    name = next((word for word in words[1:] if "/" not in word), "")
    return ProjectDraft(words[0].lower(), name or (origin or "").rpartition("/")[2].removesuffix(".git"), _origin(origin))


def _origin(text: str | None) -> str | None:
    if text is None:
        return None
    without_scheme = re.sub(r"^(https?://|ssh://)?(git@)?", "", text)
    return re.sub(r"^([^/:]+):(?!\d+/)", r"\1/", without_scheme).removesuffix("/").removesuffix(".git")


def with_bucket_read(draft: Draft, bucket: Bucket) -> Changed:
    """`draft` with the region and the key of `bucket` as they were read, unless its answers are about another bucket by now."""
    if draft.bucket.name != bucket.name:
        return Changed(draft)
    read: BucketDraft = replace(draft.bucket, region=bucket.region, create=False)
    if bucket.kms_key_arn and not draft.bucket.kms_key_arn:
        told = (f"The KMS key was filled in: {bucket.name} is encrypted with it by default.",)
        return Changed(replace(draft, bucket=replace(read, kms_key_arn=bucket.kms_key_arn)), told)
    return Changed(replace(draft, bucket=read))
