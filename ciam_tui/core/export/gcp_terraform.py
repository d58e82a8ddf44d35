"""`main.tf`: the twin of a Setup for Terraform, with project and bucket as variables, which are checked as the script checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.hcl import attributes, block, listed, text
from ciam_tui.core.export.labels import labels
from ciam_tui.core.gcp.place import WANTED
from ciam_tui.core.gcp.twin import SERVICES, USER_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.gcp.place import Place, Wanted
    from ciam_tui.core.gcp.twin import CustomRole, GcpTwin, Provider, ServiceAccount

_HEAD = """\
# The service accounts of CircleCI jobs for a prefix of a Cloud Storage bucket on Google Cloud, without a key.
#
# The bucket is used as it is. It must lie in the same project, whose custom roles are for nothing else, and its uniform bucket-level access must
# be on, or conditions do not hold there.

terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0" # managed folders and who may use them
    }
  }
}
"""
_POOL = "google_iam_workload_identity_pool"
_PROJECT = "var.gcp_project"
_BUCKET = "var.gcp_bucket"


def terraform_source(twin: GcpTwin, place: Place) -> str:
    """The file. What `place` leaves open is a variable without a default."""
    names = labels([account.id for account in twin.accounts], lead="account-", instead="_")
    folders = dict(zip(twin.folders, labels(twin.folders, lead="folder_", foreign="[^A-Za-z0-9_-]+", instead="_"), strict=True))
    parts = [
        _HEAD,
        *(_variable(wanted, place.given(wanted)) for wanted in WANTED),
        block("provider " + text("google"), attributes({"project": _PROJECT})),
        _resource(
            "google_project_service.apis",
            attributes({"for_each": f"toset({listed(SERVICES)})"}),
            attributes({"project": _PROJECT, "service": "each.value", "disable_on_destroy": "false"}),
        ),
        *_provider(twin),
        *(_role(role, twin.mark) for role in twin.roles),
        *(_folder(folder, name) for folder, name in folders.items()),
        *(part for account, name in zip(twin.accounts, names, strict=True) for part in _account(twin, account, name, folders)),
    ]
    return "\n".join(parts)


def _variable(wanted: Wanted, given: str | None) -> str:
    return block(
        f"variable {text(wanted.name)}",
        attributes(
            {
                "description": text(f"{wanted.what[0].upper()}{wanted.what[1:]}, such as {wanted.example}."),
                "type": "string",
                **({} if given is None else {"default": text(given)}),
            }
        ),
        block(
            "validation",
            attributes(
                {
                    "condition": f"can(regex({text(wanted.pattern)}, var.{wanted.name}))",
                    "error_message": text(f"{wanted.missing[0].upper()}{wanted.missing[1:]}".replace(wanted.environment, wanted.name)),
                }
            ),
        ),
    )


def _filled(value: str) -> str:
    """`value` as a string in which what is open is taken from the variables."""
    written = text(value)
    for wanted in WANTED:
        written = written.replace(wanted.mark, f"${{var.{wanted.name}}}")
    return written


def _resource(address: str, *paragraphs: str) -> str:
    kind, _, name = address.partition(".")
    return block(f"resource {text(kind)} {text(name)}", *paragraphs)


def _provider(twin: GcpTwin) -> Iterator[str]:
    provider: Provider = twin.provider
    apis = attributes({"depends_on": "[google_project_service.apis]"})
    pool = {"project": _PROJECT, "workload_identity_pool_id": text(provider.pool)}
    yield _resource(f"{_POOL}.circleci", attributes({**pool, "display_name": text("CircleCI"), "description": text(twin.mark)}), apis)
    mapping = {text(attribute): text(expression) for attribute, expression in provider.mapping.items()}
    yield _resource(
        f"{_POOL}_provider.circleci",
        attributes(
            {
                "project": _PROJECT,
                "workload_identity_pool_id": f"{_POOL}.circleci.workload_identity_pool_id",
                "workload_identity_pool_provider_id": text(provider.id),
                "display_name": text("CircleCI"),
                "attribute_condition": text(provider.condition),
            }
        ),
        block("attribute_mapping =", attributes(mapping)),
        block("oidc", attributes({"issuer_uri": text(provider.issuer), "allowed_audiences": listed([provider.audience])})),
    )


def _role(role: CustomRole, mark: str) -> str:
    return _resource(
        f"google_project_iam_custom_role.{role.kind}",
        attributes(
            {
                "project": _PROJECT,
                "role_id": text(role.id),
                "title": text(f"CircleCI {role.kind}"),
                "description": text(mark),
                "permissions": listed(role.permissions),
            }
        ),
        attributes({"depends_on": "[google_project_service.apis]"}),
    )


def _folder(folder: str, name: str) -> str:
    return _resource(f"google_storage_managed_folder.{name}", attributes({"bucket": _BUCKET, "name": text(folder)}))


def _account(twin: GcpTwin, account: ServiceAccount, name: str, folders: dict[str, str]) -> Iterator[str]:
    address = f"google_service_account.{name}"
    member = f"{address}.member"
    values = {
        "project": _PROJECT,
        "account_id": text(account.id),
        "display_name": text(f"CircleCI stage {account.stage}"),
        "description": text(twin.mark),
    }
    yield _resource(address, attributes(values), attributes({"depends_on": "[google_project_service.apis]"}))
    for at, principals in enumerate(account.members, start=1):
        yield _resource(
            f"google_service_account_iam_member.{name}_{at}",
            attributes({"service_account_id": f"{address}.name", "role": text(USER_ROLE), "member": _filled(principals)}),
            attributes({"depends_on": f"[{_POOL}_provider.circleci]"}),
        )
    for at, binding in enumerate(account.grants.bindings, start=1):
        yield _resource(
            f"google_storage_bucket_iam_member.{name}_{at}",
            attributes({"bucket": _BUCKET, "role": f"google_project_iam_custom_role.{binding.kind}.name", "member": member}),
            block("condition", attributes({"title": text(binding.title), "expression": _filled(binding.expression)})),
        )
    for at, folder in enumerate(account.grants.folders, start=1):
        yield _resource(
            f"google_storage_managed_folder_iam_member.{name}_{at}",
            attributes(
                {
                    "bucket": f"google_storage_managed_folder.{folders[folder]}.bucket",
                    "managed_folder": f"google_storage_managed_folder.{folders[folder]}.name",
                    "role": "google_project_iam_custom_role.list.name",
                    "member": member,
                }
            ),
        )
