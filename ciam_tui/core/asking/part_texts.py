"""What each screen, part of a screen and dialog is, for whoever asks for help there: the texts that are about no answer of a Setup."""

from __future__ import annotations

from ciam_tui.core.asking.help_text import HelpText

PART_TEXTS: dict[str, HelpText] = {
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
    "user-pane-view": HelpText(
        "The user",
        "What the user at hand may do, what it did, and where its keys are.",
        "What nobody could say is told as unknown, which is never the same as unused.",
        "f4 shows the next tab, f3 the whole.",
    ),
    "stage-pane-view": HelpText(
        "The stage",
        "What the stage at hand does, what it rests on, and what stands in its way.",
        "Each fact names where it was read and when.",
        "f4 shows the next tab.",
    ),
    "choice": HelpText(
        "A choice",
        "One of these is taken; Esc takes none.",
        "Nothing is changed in the account by that.",
        "Enter picks, / filters, Esc closes.",
    ),
    "path": HelpText(
        "A file or folder", "The path of a file, as a shell would have it.", "A path that begins with ~ is in your home folder."
    ),
}
