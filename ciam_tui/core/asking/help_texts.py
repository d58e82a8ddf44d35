"""What each answer means, said once: in one sentence under the form, at length on F1, and to whoever answers a prompt with `?`.

The keys are paths of the Setup file with `*` for an index, or the name of a list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpText:
    """`short` fits under a form, with `keys` where a screen is answered by keys; `long` is what F1 adds to it."""

    title: str
    short: str
    long: str = ""
    keys: str = ""

    @property
    def guide(self) -> str:
        """What stands under a form."""
        return f"{self.short} {self.keys}".strip()


_NOTHING = HelpText(
    "Help",
    "Enter accepts and goes on, Esc goes back, F1 helps.",
    "Choose or type an answer. Nothing is changed in AWS before you say so in Review.",
)

TEXTS: dict[str, HelpText] = {
    "saved": HelpText(
        "Start",
        "Begin anew, or go on where you left.",
        "Your answers are saved after every key, on this machine alone. Nothing is changed in AWS before you say so in Review.",
    ),
    "audit": HelpText(
        "Audit",
        "Every role of the account that trusts CircleCI, and every provider of it. It only reads.",
        "open: strangers to the organization get in, or the trust policy has an error. wide: others of the organization get in, or the role may"
        " do more than a job needs. unknown: something that decides could not be read. dead: nobody gets in. tight: nothing to say against it."
        " Enter explains the role under the cursor, f4 goes through its tabs, ctrl+s writes the report as JSON and SARIF."
        " The tabs AWS says and Use ask AWS once you look at them: Access Analyzer and IAM's simulator on its policies, and CloudTrail on who took it;"
        " esc stops that, and ctrl+r asks again."
        " `ciam-tui audit --circleci` also looks for the access keys that CircleCI holds.",
    ),
    "profiles": HelpText(
        "Identity",
        "The profile whose permissions are used to read the account and, after Review, to change it.",
        "Profiles come from ~/.aws/config and ~/.aws/credentials. The first row is whatever AWS tools would use by themselves: environment variables,"
        " the default profile, or the machine's role. An expired SSO session is renewed with `aws sso login --profile NAME` in another terminal.",
    ),
    "session.region": HelpText(
        "Region",
        "The region that requests go to. IAM is global, and a bucket keeps its own region.",
        "It decides where a new bucket is made, unless the bucket's region says otherwise.",
    ),
    "account_id": HelpText(
        "Account",
        "The twelve digits of the account that gets the roles. Filled in by the identity, or typed when offline.",
        "Every role, the OIDC provider and, where nothing else is said, the bucket belong to this account.",
    ),
    "partition": HelpText(
        "Partition",
        "aws for most; aws-cn in China, aws-us-gov in GovCloud, aws-eusc in the European Sovereign Cloud.",
        "The second part of every ARN.",
    ),
    "bucket.name": HelpText(
        "Bucket",
        "The bucket that the jobs reach. Pick it from the list, or type its name.",
        "A name that is not in the list can be typed: the bucket may belong to another account, or listing may be forbidden.",
    ),
    "buckets": HelpText(
        "Buckets",
        "Arrows move, Enter takes, / filters. The name can also be typed above.",
        "The list holds the buckets that your identity may list.",
    ),
    "bucket.create": HelpText(
        "Create it",
        "Make this bucket: private, owner-enforced, encrypted, versioned, TLS only.",
        "It is made in the region below, with public access blocked. It is a step of its own in the plan, and undone only while it is empty.",
    ),
    "bucket.region": HelpText(
        "Bucket's region", "Where the bucket is. It is part of the KMS conditions.", "Read from the bucket where that is allowed."
    ),
    "bucket.kms_key_arn": HelpText(
        "KMS key",
        "Only for a customer managed key: its ARN. Empty for S3's own encryption and for aws/s3.",
        "With a key, the roles may use it through S3 for this bucket alone. It is filled in from the bucket's default encryption.",
    ),
    "bucket.owner_account_id": HelpText(
        "Bucket's owner",
        "Only where the bucket belongs to another account: its twelve digits.",
        "Every statement about S3 names the owner, so that a bucket of the same name in a stranger's account gets nothing. A bucket of another"
        " account also needs its owner's policy, which the export contains.",
    ),
    "base_prefix": HelpText(
        "Prefix",
        "The folder of the bucket that the stages start from; each stage can have its own. Empty is the whole bucket.",
        "A prefix ends in /, which is added if you leave it out: `team` would also match `team-secret/`.",
    ),
    "base_prefix.whole": HelpText(
        "The whole bucket",
        "Every stage starts from all of the bucket, whatever is in it.",
        "It is a choice of its own, since an empty field is no answer. What a stage may do in the whole bucket is reported as a finding.",
        "Space ticks it.",
    ),
    "policy": HelpText(
        "Policies",
        "The trust policy and the permission policy of a role, as they are applied, and the findings about them.",
        "The trust policy says whose tokens become the role, the permission policy what it may do then. What an answer has changed is marked."
        " The preview of step 4 shows the stage that is edited.",
        "f4 goes through its tabs, f6 to the next role, y copies.",
    ),
    "matrix": HelpText(
        "Access",
        "What the role can do, by operation and place, as the evaluator decides it.",
        "A place is a prefix of this stage, one beside it, another stage's, the rest of the bucket, or another's bucket. A sign says allowed, denied or partly.",
        "Arrows move, Enter explains the cell.",
    ),
    "plan-step": HelpText(
        "The step at hand",
        "The request that is sent, what it replaces, and how it is undone.",
        "What goes has a minus before it, what comes a plus. Nothing else is sent than what stands here.",
    ),
    "plan-concerns": HelpText(
        "What speaks against it",
        "What keeps the plan from being applied, what AWS would refuse, the findings, and AWS's second opinion.",
        "Findings of level error want a decision before the plan is applied; warnings and notes are for you to weigh.",
    ),
    "plan-exists": HelpText(
        "What exists already",
        "What is there under a name that the plan needs, beside what is wanted.",
        "Nothing is done to it unless you adopt it by its name; its documents and tags then go into the journal, and undo restores them.",
        "ctrl+d adopts.",
    ),
    "undo": HelpText(
        "Taking a run back",
        "What takes the run back, step by step. Nothing has been changed yet.",
        "What somebody has changed since the run is not undone over their head: it is told, and the undo stops. What others have come to need stays.",
    ),
    "log": HelpText(
        "Log",
        "What has happened in this run, as its journal holds it.",
        "When the run does not go on, what to do stands at its end.",
        "y copies it.",
    ),
    "snippet": HelpText(
        "CircleCI's configuration",
        "The jobs with the step that takes their role, to be copied into .circleci/config.yml.",
        "The export writes the same with an orb too, and `ciam-tui export --into FILE` puts it into a configuration that is there already.",
        "y copies it.",
    ),
    "audit-view": HelpText(
        "About the role",
        "Who gets in, what the role may do, its findings and policies, what AWS says of it, and who took it.",
        "What could not be read is told as unread, and makes no role look better than it is.",
        "f4 goes through the tabs.",
    ),
    "token.given": HelpText(
        "A token of your own",
        "A job's OIDC token, judged against this policy as soon as it is pasted.",
        "The field is emptied at once; the token is stored, shown and sent nowhere. Its signature is not checked.",
    ),
    "token.ref": HelpText(
        "A token made up",
        "A branch, or refs/tags/v1 for a tag: the token that CircleCI would give to its job.",
        "It is made of the project and organization that the policy names.",
    ),
    "token.trigger": HelpText(
        "Trigger",
        "What begins the pipeline of the made-up token.",
        "A pull request from a fork, a schedule or a custom webhook carry other claims than a push does, and some carry no branch.",
    ),
    "token-detail": HelpText(
        "Why",
        "The answer to one token, condition by condition, with what to change first.",
        "A sign before each condition says whether the token fulfils it.",
        "y copies it.",
    ),
    "confirm": HelpText(
        "A question",
        "What would happen, with which account and by whom. Cancel has the focus, so that a held Enter does nothing.",
        "What takes something away wants its name or the account's number typed first.",
        "Tab goes to the other answer, Esc is Cancel.",
    ),
    "mfa": HelpText(
        "MFA code",
        "The six digits that the device shows now. AWS takes each of them once.",
        "The profile assumes a role that wants a second factor. The code goes to AWS alone, and is kept nowhere.",
    ),
    "problem": HelpText(
        "What went wrong",
        "What could not be done, why, and what to do about it.",
        "Your answers are saved. What a run has done stands in its journal.",
        "Esc closes it.",
    ),
    "export-file": HelpText(
        "The file at hand",
        "A file of the export, as it would be written.",
        "It is made of the same answers as the plan.",
        "y copies it, Enter asks where to save its format.",
    ),
    "migrate": HelpText(
        "Retiring keys",
        "The keys of an IAM user are retired stage by stage, and each stage can be taken back until the last.",
        "The stages: 1 roles, 2 wiring, 3 role-in-use, 4 variables, 5 deactivate, 6 quiet, 7 delete-key, 8 delete-user. Each rests on what is read"
        " from the account and from CircleCI. Days may lie between them; 4, 7 and 8 cannot be taken back.",
    ),
    "migrate.user": HelpText(
        "User", "The IAM user whose keys are retired.", "Without a name the users with keys are listed, the riskiest first."
    ),
    "migrate.circleci": HelpText(
        "CircleCI too",
        "Whether CircleCI is read with the token of CIRCLE_TOKEN or of its CLI: where the key sits, and stage 4, which takes it out there.",
        "Without it, what CircleCI holds is unknown.",
    ),
    "migrate.setup": HelpText(
        "Setup",
        "The Setup file whose roles replace the keys.",
        "propose writes one from the user's policies and its use; save in Review writes yours.",
    ),
    "migrate.stage": HelpText(
        "Stage", "The stage to do, by its number or name, if it is ready.", "look says which is due, and what waits until when."
    ),
    "contexts-too": HelpText(
        "With contexts",
        "Each job of the configuration also names the context that is called as its role.",
        "A job that names a context which is not there is not begun: make them first, with w in Review.",
        "Space ticks it.",
    ),
    "prefixes": HelpText(
        "Folders",
        "Enter takes the folder and goes on; right opens it, left goes up.",
        "One level is read at a time, so that a bucket with millions of objects opens at once. A prefix that is not there yet can be typed.",
    ),
    "stages": HelpText(
        "Stages",
        "One role a stage. Arrows choose, Space edits, + adds, − removes, Enter goes on.",
        "A stage is what a group of jobs does: build, test, deploy. AWS cannot see which job asks, so that two stages which trust the same"
        " projects and branches are one identity, and the weaker one can become the stronger.",
    ),
    "presets": HelpText("Presets", "A start to change: pick one, then edit the stages below.", "The presets take the prefix of step 3."),
    "stages[*].name": HelpText(
        "Stage's name", "The end of the role's name.", "The role is called name prefix + stage, as the preview says."
    ),
    "stages[*].prefix": HelpText(
        "Stage's prefix",
        "The folder that this stage reads, writes or deletes in.",
        "Empty is the whole bucket, which is reported as a finding.",
    ),
    "stages[*].access": HelpText(
        "Access",
        "What the stage does in its prefix.",
        "read lists and gets objects; write puts them, multipart included; delete removes them.",
        "Arrows move, Space ticks.",
    ),
    "stages[*].read_prefixes": HelpText(
        "Also reads", "Other folders that it may read, separated by commas.", r"A comma within a prefix is written \,."
    ),
    "stages[*].branches": HelpText(
        "Branches",
        "Only these branches get the role, separated by commas; empty is any branch. refs/tags/v* is a tag.",
        "main means refs/heads/main. * is allowed within an entry. refs/* is any branch or tag of the project's own repository and no fork.",
    ),
    "stages[*].extras": HelpText(
        "Extras",
        "Only what a tool of yours needs: each widens the policy and is reported.",
        "tags: copies of tagged objects. acl: put-object-acl. versions: read and delete old versions. probe: s3fs and Hadoop, which look at the"
        " bucket's location and the key without its slash first.",
    ),
    "stages[*].session_seconds": HelpText(
        "Session", "How long one login lasts, in seconds: 900 to 43200.", "A job that runs longer logs in again."
    ),
    "organizations": HelpText(
        "Organization",
        "The organization whose jobs get the roles.",
        "Its id is in CircleCI under Organization Settings, Overview, and can also be typed.",
        "Enter takes it.",
    ),
    "circleci.org_id": HelpText(
        "Organization id",
        "The UUID in CircleCI's Organization Settings, Overview.",
        "The issuer and the audience of the tokens come from it.",
    ),
    "circleci.org_slug": HelpText("Organization's slug", "Such as gh/acme; only for reading.", ""),
    "session.circleci_token": HelpText(
        "Token",
        "A personal API token of CircleCI, to read with. It is shown, saved and logged nowhere.",
        "It is looked for in CIRCLE_TOKEN and in the CircleCI CLI's settings first. Without one, ids are typed.",
        "Enter uses it.",
    ),
    "projects": HelpText(
        "Projects",
        "The projects whose jobs get the roles.",
        "A project is recognized by its id, which stays when it is renamed. Its repository is needed where a stage is limited to branches.",
        "Space ticks, / filters.",
    ),
    "contexts": HelpText(
        "Contexts",
        "The organization's contexts: who may use them, and whether AWS keys are in them. / filters, y copies a name.",
        "Keys in a job's environment win over a role. A context without a restriction is open to every project of the organization. With w in"
        " Review each role gets a context of its name, which is open where the role is; one that exists already is used.",
    ),
    "circleci.projects": HelpText(
        "A project by hand",
        "Project id, then its name, then its repository, such as: <uuid> web github.com/acme/web; or its slug, gh/acme/web.",
        "The id is in CircleCI under Project Settings, Overview. The repository may be left out where no stage is limited to branches.",
        "Enter adds it.",
    ),
    "circleci.any_project": HelpText(
        "Whole organization",
        "Trusts every project of the organization, also those made later. Rarely what you want.",
        "Anybody who can make a project in the organization can then become these roles. It is reported as an error.",
    ),
    "circleci.issuer": HelpText(
        "Issuer", "Only for CircleCI Server: its https URL without a slash at the end.", "Empty means the organization's cloud issuer."
    ),
    "circleci.audience": HelpText(
        "Audience", "Only where the organization has set its own `aud`.", "Empty means the organization id, which is CircleCI's default."
    ),
    "role.name_prefix": HelpText(
        "Role names",
        "What the roles' names start with; the stage's name follows.",
        "With one role a project, the project's name stands between.",
    ),
    "role.per_project": HelpText(
        "One role each",
        "One role a project and stage, so that one project cannot act as another.",
        "Several projects on one role are one identity to AWS.",
    ),
    "role.path": HelpText("Role path", "The IAM path of the roles, such as /circleci/.", ""),
    "role.policy_kind": HelpText("Policy kind", "inline lives and dies with its role; managed can be versioned.", ""),
    "role.permissions_boundary": HelpText("Boundary", "The ARN of a permissions boundary, where the account demands one.", ""),
    "review": HelpText(
        "Review",
        "What would be done, step by step. Nothing has been changed yet, and Enter never applies.",
        "Arrows choose a step; below it stand its request to AWS, what it replaces, and how it is undone. ctrl+a asks whether to apply the plan."
        " What exists already and is not ours is changed only if you adopt it by its name.",
    ),
    "apply": HelpText(
        "Apply",
        "Each step is written to a journal before its call and after it, so that nothing is lost however the run ends.",
        "read back: no answer said that it was done, but the account shows it. unknown: nobody can say yet; going on looks it up first.",
    ),
    "done": HelpText(
        "Done",
        "What was made, whether it was read back, and what goes into CircleCI's configuration.",
        "Verified means that everything was read again from AWS and is as planned. The run can be taken back as long as nobody has changed it since.",
    ),
    "export": HelpText(
        "Export",
        "The same roles in another form: files that are looked at, copied, or written into a folder.",
        "Each format makes what the plan makes, for whoever applies by other means; the list says what each is for."
        " A file that is there with another content is replaced only when that is said.",
    ),
    "export.folder": HelpText(
        "Folder or file", "Where it is written. A folder that is missing is made.", "A path that begins with ~ is in your home folder."
    ),
    "runs": HelpText(
        "Past runs",
        "What was applied from this machine, newest first.",
        "An unfinished run can be gone on with: what nobody can say is looked up, and nothing is done twice.",
    ),
    "tokens": HelpText(
        "Token test",
        "Who gets in by this role's trust policy: each row is a token that somebody might come with. Enter says why, condition by condition.",
        "A stranger is who the policy itself gives no reason to let in. A token of your own is pasted into the hidden field: it is judged at once, the"
        " field is emptied, and it is stored, shown and sent nowhere; its signature is not checked. Or make one up from a branch and a trigger.",
    ),
    "migrate.list": HelpText(
        "Users with keys",
        "The account's users with access keys, the riskiest first. Enter opens one, o sorts, / filters; a tick is a retirement under way.",
        "Below stands what the user under the cursor is, may do and did, and where CircleCI holds its key, by the last four characters of a value."
        " f4 shows the next tab, f3 the whole. unknown means that nobody could say, which is never the same as unused.",
    ),
    "retirement": HelpText(
        "Retirement",
        "The eight stages from the old user to its end, each read from the account and from CircleCI, whoever did it. Enter changes nothing.",
        "ctrl+a shows what the next stage does, and asks; ctrl+u takes the last one back: one key makes the key active again; ctrl+d is all that"
        " you decide: by which Setup, in spite of what, whether the key is kept; ctrl+s writes the stage for somebody with more rights. Stages 4, 7"
        " and 8 have no way back, and want the user's name typed. Days may lie between stages: looking again goes on where it stands.",
    ),
    "more": HelpText("More", "Names of the roles, boundary, issuer: Space shows them.", ""),
}


def help_for(path: str) -> HelpText:
    """What there is to say about the answer at `path`."""
    return TEXTS.get(re.sub(r"\[\d+\]", "[*]", path), _NOTHING)
