#!/usr/bin/env bash
# Installs the clients that tests/clients.rs lets walk through the look-alike: Octokit, GitHub's GraphQL schema and PyGithub
# beside this file, at the versions that stand here, GitHub's command line, and a browser. What the system lacks comes from
# apt-get, if that is there and allowed.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v gh >/dev/null || missing+=(gh)
chrome() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; }
chrome >/dev/null || missing+=(chromium)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "missing: ${missing[*]} — install them and run this again" >&2
        exit 1
    fi
    apt-get update -q
    apt-get install -yq --no-install-recommends "${missing[@]}"
fi

npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
[ -x venv/bin/python ] || python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --requirement requirements.txt
