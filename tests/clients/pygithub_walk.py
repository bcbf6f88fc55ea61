"""PyGithub plays people and CI in the look-alike. Every answer is used as that client hands it out."""

import json
import os

from github import Auth, Github, UnknownObjectException

sandbox = json.loads(os.environ["SANDBOX"])
FULL_NAME = f"{sandbox['repo']['owner']}/{sandbox['repo']['name']}"
TRUNK = sandbox["repo"]["trunk"]
BRANCH = "by-pygithub"
steps = 0


def holds(condition, what):
    """One thing that must be so."""
    global steps
    steps += 1
    assert condition, what


def repository(who):
    """The repository as somebody sees it; waits and tries nothing again."""
    client = Github(base_url=sandbox["api"], auth=Auth.Token(sandbox["tokens"][who]), retry=None,
                    seconds_between_requests=0, seconds_between_writes=0)
    return client.get_repo(FULL_NAME)


def branch_with_file(repo):
    """A branch with one commit; its id."""
    main = repo.get_branch(TRUNK).commit.sha
    repo.create_git_ref(f"refs/heads/{BRANCH}", main)
    commit = repo.create_file("pygithub.txt", "PyGithub was here", "pygithub\n", branch=BRANCH)["commit"]
    refs = [ref.object.sha for ref in repo.get_git_matching_refs(f"heads/{BRANCH}")]
    holds(refs == [commit.sha], refs)
    holds(repo.compare(TRUNK, BRANCH).ahead_by == 1, "one commit ahead")
    holds(repo.get_contents("pygithub.txt", ref=BRANCH).decoded_content == b"pygithub\n", "the file's text")
    return commit.sha


def pull_request(user, maintainer, sha):
    """Opened, talked about, labelled, reviewed."""
    pull = user.create_pull(base=TRUNK, head=BRANCH, title="By PyGithub", body="walk")
    holds(user.get_pull(pull.number).head.sha == sha, "its head")
    holds(pull.number in [one.number for one in user.get_pulls(state="open", base=TRUNK)], "it is listed")
    comment = pull.create_issue_comment("Hello.")
    comment.edit("Hello!")
    holds("Hello!" in [one.body for one in pull.get_issue_comments()], "the comment")
    same = maintainer.get_pull(pull.number)
    same.add_to_labels("walked")
    holds([label.name for label in same.get_labels()] == ["walked"], "the label")
    same.remove_from_labels("walked")
    same.create_review(body="Fine.", event="APPROVE")
    holds([review.state for review in same.get_reviews()] == ["APPROVED"], "the review")
    holds([file.filename for file in same.get_files()] == ["pygithub.txt"], "the files")
    return pull


def verdicts(maintainer, ci, sha):
    """Checks by an App, a status by a person."""
    run = ci.create_check_run("walk", sha, status="in_progress")
    run.edit(status="completed", conclusion="success", output={"title": "ok", "summary": "ok"})
    commit = maintainer.get_commit(sha)
    holds("success" in [one.conclusion for one in commit.get_check_runs(check_name="walk")], "the check")
    commit.create_status("success", context="walk/status")
    combined = commit.get_combined_status()
    holds((combined.state, combined.statuses[0].context) == ("success", "walk/status"), "the status")
    holds(maintainer.get_collaborator_permission("maintainer") == "write", "what a person may do")


def nothing_there(user):
    """What is not there is said as this client knows it."""
    try:
        user.get_pull(4_000_000)
    except UnknownObjectException as error:
        holds(error.status == 404, error.status)
    else:
        raise AssertionError("there is no such pull request")


maintainer_sees, user_sees = repository("maintainer"), repository("user")
head = branch_with_file(maintainer_sees)
opened = pull_request(user_sees, maintainer_sees, head)
verdicts(maintainer_sees, repository("ci"), head)
nothing_there(user_sees)
opened.edit(state="closed")
holds(user_sees.get_pull(opened.number).state == "closed", "it is closed")
print(f"pygithub: {steps} answers held")
