"""Where on Google Cloud the twin lies: project, its number, and bucket. No Setup holds them, so that they are given at export or left open.

What is open stands in the texts as a mark, which the script fills from its environment and Terraform from its variables. No text of a Setup
can hold a mark: CEL text escapes the @ that they begin with, and names have none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PROJECT_MARK, NUMBER_MARK, BUCKET_MARK = "@GCP_PROJECT@", "@GCP_PROJECT_NUMBER@", "@GCP_BUCKET@"
# Regular expressions that bash, Terraform and Python read alike, since each of them checks what it is given.
# https://cloud.google.com/resource-manager/docs/creating-managing-projects and https://cloud.google.com/storage/docs/buckets#naming
PROJECT_PATTERN = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
NUMBER_PATTERN = "^[0-9]{1,20}$"
BUCKET_PATTERN = "^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$"
LOCATION = "locations/global/workloadIdentityPools"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a place has: how a variable is called, what it is, which form it has, and the mark that stands for it."""

    name: str
    what: str
    example: str
    pattern: str
    mark: str

    @property
    def environment(self) -> str:
        """The environment variable of the script."""
        return self.name.upper()

    @property
    def missing(self) -> str:
        """What to do where it is not given, as a sentence; also where what was given has another form."""
        return f"set {self.environment} to {self.what}, such as {self.example}."

    def fits(self, text: str) -> bool:
        """Whether `text` has the form."""
        return re.fullmatch(self.pattern, text) is not None and "\n" not in text


PROJECT = Wanted("gcp_project", "the id of the Google Cloud project", "acme-prod", PROJECT_PATTERN, PROJECT_MARK)
NUMBER = Wanted("gcp_project_number", "the number of the Google Cloud project", "123456789012", NUMBER_PATTERN, NUMBER_MARK)
BUCKET = Wanted("gcp_bucket", "the name of the Cloud Storage bucket", "acme-builds-gcs", BUCKET_PATTERN, BUCKET_MARK)
WANTED = (PROJECT, NUMBER, BUCKET)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of the place; None is left open. The bucket of the Setup is none: names of buckets belong to one company alone."""

    project: str | None = None
    number: str | None = None
    bucket: str | None = None

    def given(self, wanted: Wanted) -> str | None:
        """What is given for `wanted`."""
        return {PROJECT.name: self.project, NUMBER.name: self.number, BUCKET.name: self.bucket}[wanted.name]

    def filled(self, text: str) -> str:
        """`text`, with what is known in place of its marks."""
        for wanted in WANTED:
            text = text.replace(wanted.mark, self.given(wanted) or wanted.mark)
        return text


OPEN = Place()
