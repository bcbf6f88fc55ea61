#!/usr/bin/env bash
# GitHub's own command line plays people and CI in the look-alike, by `gh api`: its other commands speak HTTPS only.
# Needs API, REPO, TRUNK and the tokens MAINTAINER, CONTRIBUTOR and REPORTER in the environment.
set -euo pipefail

export GH_CONFIG_DIR GH_PROMPT_DISABLED=1 NO_COLOR=1
GH_CONFIG_DIR=$(mktemp -d)
trap 'rm -rf "$GH_CONFIG_DIR"' EXIT
held=0

# as TOKEN PATH [ARGUMENTS OF gh api]: asks below the repository.
as() {
    local token=$1 path=$2
    shift 2
    GH_ENTERPRISE_TOKEN=$token gh api "$API/repos/$REPO$path" "$@"
}

# is WHAT EXPECTED: what was said must be this.
is() {
    if [ "$1" != "$2" ]; then
        printf 'gh: expected %s, heard %s\n' "$2" "$1" >&2
        exit 1
    fi
    held=$((held + 1))
}

main=$(as "$CONTRIBUTOR" "/git/ref/heads/$TRUNK" --jq .object.sha)
as "$MAINTAINER" /git/refs -f ref=refs/heads/by-gh -f "sha=$main" --silent
head=$(as "$MAINTAINER" /contents/gh.txt -X PUT -f branch=by-gh -f message='gh was here' \
    -f "content=$(printf 'gh\n' | base64)" --jq .commit.sha)
is "$(as "$CONTRIBUTOR" /git/matching-refs/heads/by-gh --jq '.[].object.sha')" "$head"

pull=$(as "$CONTRIBUTOR" /pulls -f title='By gh' -f head=by-gh -f "base=$TRUNK" --jq .number)
is "$(as "$CONTRIBUTOR" "/pulls/$pull" --jq .head.sha)" "$head"
is "$(as "$CONTRIBUTOR" '/pulls?state=open&per_page=1' --paginate --jq '.[].number' | grep -cx "$pull")" 1

as "$CONTRIBUTOR" "/issues/$pull/comments" -f body='Hello.' --silent
is "$(as "$CONTRIBUTOR" "/issues/$pull/comments" --jq '[.[].body] | contains(["Hello."])')" true
as "$MAINTAINER" "/issues/$pull/labels" -f 'labels[]=walked' --silent
is "$(as "$CONTRIBUTOR" "/issues/$pull/labels" --jq '.[].name')" walked
as "$MAINTAINER" "/issues/$pull/labels/walked" -X DELETE --silent
as "$MAINTAINER" "/pulls/$pull/reviews" -f event=APPROVE -f body='Fine.' --silent
is "$(as "$CONTRIBUTOR" "/pulls/$pull/reviews" --jq '.[].state')" APPROVED

as "$REPORTER" /check-runs -f name=walk -f "head_sha=$head" -f status=completed -f conclusion=success --silent
is "$(as "$CONTRIBUTOR" "/commits/$head/check-runs?check_name=walk" --jq '.check_runs[].conclusion')" success
as "$MAINTAINER" "/statuses/$head" -f state=success -f context=walk/status --silent
is "$(as "$CONTRIBUTOR" "/commits/$head/status" --jq '.state + " " + .statuses[0].context')" 'success walk/status'
is "$(as "$CONTRIBUTOR" "/rules/branches/$TRUNK" --jq type)" array
is "$(as "$CONTRIBUTOR" /rulesets --jq type)" array

if said=$(as "$CONTRIBUTOR" /pulls/4000000 2>&1 >/dev/null); then
    is "there is no such pull request" refused
fi
is "$(printf '%s' "$said" | grep -c 'HTTP 404')" 1
is "$(as "$CONTRIBUTOR" "/pulls/$pull" -X PATCH -f state=closed --jq .state)" closed
echo "gh: $held answers held"
