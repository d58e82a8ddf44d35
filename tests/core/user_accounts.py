"""Users as facts: any, for properties, and one on which everything hangs that keeps IAM from deleting it; and every change of a retirement."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ciam_tui.core.changes import kinds
from ciam_tui.core.document import Document
from ciam_tui.core.users.facts import AccessKey, LastUse, MfaDevice, ServiceCredential, SigningCertificate, SshKey, User

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

ACCOUNT = "123456789012"
USER_NAMES = ("circleci-uploader", "Legacy.Robot")
KEY_IDS = ("AKIAEXAMPLE00000OLD1", "AKIAEXAMPLE00000OLD2")
MFA = (f"arn:aws:iam::{ACCOUNT}:mfa/robot", "GAHT12345678")
PROJECTS = ("gh/acme/web", "circleci/aBc/dEf")
GROUPS = ("deployers", "readers")
ATTACHABLE = ("arn:aws:iam::aws:policy/AmazonS3FullAccess", f"arn:aws:iam::{ACCOUNT}:policy/edge")
SEEN = datetime(2026, 1, 1, tzinfo=UTC)


def a_policy(action: str) -> Document:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return Document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


LADEN = User(
    name=USER_NAMES[0],
    user_id="AIDA1",
    arn=f"arn:aws:iam::{ACCOUNT}:user/ci/{USER_NAMES[0]}",
    path="/ci/",
    created_at=SEEN,
    tags=(("team", "web"),),
    boundary=ATTACHABLE[1],
    groups=GROUPS,
    inline=(("s3", a_policy("s3:*")),),
    attached=ATTACHABLE,
    keys=(AccessKey(KEY_IDS[0], "Active", SEEN, LastUse(SEEN, "s3", "us-east-1")), AccessKey(KEY_IDS[1], "Inactive", SEEN)),
    has_password=True,
    mfa=tuple(MfaDevice(serial) for serial in MFA),
    ssh_keys=(SshKey("APKAEXAMPLE000000001", "Active", "ssh-rsa AAAA"),),
    certificates=(SigningCertificate("CERTEXAMPLE0000000000001", "Active", "-----BEGIN CERTIFICATE-----"),),
    service_credentials=(ServiceCredential("ACCAEXAMPLE000000001", "codecommit.amazonaws.com", "robot-at-1", "Active"),),
)
BARE = replace(
    LADEN,
    boundary=None,
    groups=(),
    inline=(),
    attached=(),
    keys=(),
    has_password=False,
    mfa=(),
    ssh_keys=(),
    certificates=(),
    service_credentials=(),
)

_statuses = st.sampled_from(["Active", "Inactive", "Expired"])


@st.composite
def users(draw: DrawFn, name: str) -> User:
    """A user of that name; some of it may not have been read."""

    def perhaps(*found: object) -> st.SearchStrategy[object]:
        return st.one_of(st.none(), st.lists(st.sampled_from(found), unique=True, max_size=2).map(tuple))

    keys = st.one_of(st.none(), st.sets(st.sampled_from(KEY_IDS)).map(lambda found: tuple(sorted(found))))
    ids = draw(keys)
    inline = draw(st.dictionaries(st.sampled_from(["s3", "other"]), st.sampled_from(["s3:*", "s3:GetObject"]).map(a_policy)))
    fields: dict[str, object] = {
        "keys": None if ids is None else tuple(AccessKey(key_id, draw(_statuses)) for key_id in ids),
        "has_password": draw(st.sampled_from([None, False, True])),
        "mfa": draw(perhaps(*LADEN.mfa or ())),
        "ssh_keys": draw(perhaps(*LADEN.ssh_keys or ())),
        "certificates": draw(perhaps(*LADEN.certificates or ())),
        "service_credentials": draw(perhaps(*LADEN.service_credentials or ())),
        "inline": tuple(sorted(inline.items(), key=lambda each: each[0])),
        "attached": tuple(sorted(draw(st.sets(st.sampled_from(ATTACHABLE))))),
        "groups": tuple(sorted(draw(st.sets(st.sampled_from(GROUPS))))),
        "boundary": draw(st.sampled_from([None, ATTACHABLE[1]])),
        "not_read": draw(st.sampled_from([(), ("inline", "attached"), ("groups",)])),
        "user_id": draw(st.sampled_from(["AIDA1", "AIDA2"])),
    }
    return replace(BARE, name=name, arn=f"arn:aws:iam::{ACCOUNT}:user/{name}", **fields)  # type: ignore[arg-type]  # each is of its field's kind


all_users = st.sets(st.sampled_from(USER_NAMES)).flatmap(lambda names: st.fixed_dictionaries({name.lower(): users(name) for name in names}))
virtual_mfa = st.sampled_from([(), (MFA[0],)])
project_variables = st.dictionaries(
    st.sampled_from(PROJECTS), st.sampled_from([(), (("AWS_ACCESS_KEY_ID", "OLD1"),), (("AWS_ACCESS_KEY_ID", ""), ("OTHER", "abcd"))])
)

_names = st.sampled_from(USER_NAMES)
_keys = st.sampled_from(KEY_IDS)
_ends = st.sampled_from([None, "OLD1"])
CHANGES: tuple[st.SearchStrategy[kinds.Change], ...] = (
    st.builds(kinds.SetKeyStatus, _names, _keys, st.booleans()),
    st.builds(kinds.DeleteAccessKey, _names, _keys),
    st.builds(kinds.DeleteLoginProfile, _names),
    st.builds(kinds.DeleteSigningCertificate, _names, st.just("CERTEXAMPLE0000000000001")),
    st.builds(kinds.DeleteSshKey, _names, st.just("APKAEXAMPLE000000001")),
    st.builds(kinds.DeleteServiceCredential, _names, st.just("ACCAEXAMPLE000000001")),
    st.builds(kinds.DeactivateMfa, _names, st.sampled_from(MFA)),
    st.builds(kinds.PutUserPolicy, _names, st.sampled_from(["s3", "other"]), st.sampled_from(["s3:*", "s3:GetObject"]).map(a_policy)),
    st.builds(kinds.DeleteUserPolicy, _names, st.sampled_from(["s3", "other"])),
    st.builds(kinds.AttachUserPolicy, _names, st.sampled_from(ATTACHABLE)),
    st.builds(kinds.DetachUserPolicy, _names, st.sampled_from(ATTACHABLE)),
    st.builds(kinds.AddToGroup, _names, st.sampled_from(GROUPS)),
    st.builds(kinds.RemoveFromGroup, _names, st.sampled_from(GROUPS)),
    st.builds(kinds.SetUserBoundary, _names, st.sampled_from([None, ATTACHABLE[1]])),
    st.builds(kinds.DeleteVirtualMfa, _names, st.just(MFA[0])),
    st.builds(kinds.DeleteUser, _names),
    st.builds(kinds.DeleteProjectVariable, st.sampled_from(PROJECTS), st.just("AWS_ACCESS_KEY_ID"), _ends),
)
