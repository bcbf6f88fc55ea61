// Octokit, GitHub's own client for JavaScript, plays people and CI in the look-alike; `@octokit/webhooks`, by which Probot
// checks deliveries, receives a real one. Every answer is used as that client hands it out.

import assert from "node:assert/strict";
import http from "node:http";
import { Octokit } from "@octokit/rest";
import { Webhooks } from "@octokit/webhooks";

const sandbox = JSON.parse(process.env.SANDBOX);
const { owner, name: repo, trunk } = sandbox.repo;
const here = { owner, repo };
let calls = 0;

function client(token) {
  const octokit = new Octokit({ auth: token, baseUrl: sandbox.api, userAgent: "walk" });
  octokit.hook.after("request", () => { calls += 1; });
  return octokit.rest ? octokit : assert.fail("octokit has no REST methods");
}

const maintainer = client(sandbox.tokens.maintainer);
const user = client(sandbox.tokens.user);
const ci = client(sandbox.tokens.ci);
const site = client(sandbox.tokens.admin);

async function branchWithFile(branch) {
  const { data: main } = await maintainer.rest.git.getRef({ ...here, ref: `heads/${trunk}` });
  await maintainer.rest.git.createRef({ ...here, ref: `refs/heads/${branch}`, sha: main.object.sha });
  const written = await maintainer.rest.repos.createOrUpdateFileContents({
    ...here, branch, path: "octokit.txt", message: "Octokit was here", content: btoa("octokit\n"),
  });
  const { data: refs } = await maintainer.rest.git.listMatchingRefs({ ...here, ref: `heads/${branch}` });
  assert.deepEqual(refs.map((ref) => ref.object.sha), [written.data.commit.sha]);
  return written.data.commit.sha;
}

async function pullRequest(branch, sha) {
  const made = await user.rest.pulls.create({ ...here, title: "By Octokit", head: branch, base: trunk, body: "walk" });
  const pull_number = made.data.number;
  const { data: pull } = await user.rest.pulls.get({ ...here, pull_number });
  assert.equal(pull.head.sha, sha);
  const open = await user.paginate(user.rest.pulls.list, { ...here, state: "open", per_page: 1 });
  assert.ok(open.some((one) => one.number === pull_number));
  const { data: files } = await user.rest.pulls.listFiles({ ...here, pull_number });
  assert.deepEqual(files.map((file) => [file.filename, file.status]), [["octokit.txt", "added"]]);
  const { data: commits } = await user.rest.pulls.listCommits({ ...here, pull_number });
  assert.equal(commits.at(-1).sha, sha);
  return pull_number;
}

async function conversation(issue_number) {
  const { data: comment } = await user.rest.issues.createComment({ ...here, issue_number, body: "Hello." });
  await user.rest.issues.updateComment({ ...here, comment_id: comment.id, body: "Hello!" });
  await maintainer.rest.reactions.createForIssueComment({ ...here, comment_id: comment.id, content: "+1" });
  const { data: comments } = await user.rest.issues.listComments({ ...here, issue_number });
  assert.ok(comments.some((one) => one.id === comment.id && one.body === "Hello!"));
  await maintainer.rest.issues.addLabels({ ...here, issue_number, labels: ["walked"] });
  const { data: labels } = await user.rest.issues.listLabelsOnIssue({ ...here, issue_number });
  assert.deepEqual(labels.map((label) => label.name), ["walked"]);
  await maintainer.rest.issues.removeLabel({ ...here, issue_number, name: "walked" });
  const timeline = await user.paginate(user.rest.issues.listEventsForTimeline, { ...here, issue_number });
  assert.ok(["labeled", "unlabeled", "commented"].every((event) => timeline.some((one) => one.event === event)));
  const review = { ...here, pull_number: issue_number, event: "APPROVE", body: "Fine." };
  await maintainer.rest.pulls.createReview(review);
  const { data: reviews } = await user.rest.pulls.listReviews({ ...here, pull_number: issue_number });
  assert.deepEqual(reviews.map((one) => [one.state, one.user.login]), [["APPROVED", "maintainer"]]);
}

async function verdicts(sha) {
  const { data: run } = await ci.rest.checks.create({ ...here, name: "walk", head_sha: sha, status: "in_progress" });
  await ci.rest.checks.update({
    ...here, check_run_id: run.id, status: "completed", conclusion: "success", output: { title: "ok", summary: "ok" },
  });
  const runs = await user.paginate(user.rest.checks.listForRef, { ...here, ref: sha });
  assert.equal(runs.find((one) => one.id === run.id)?.conclusion, "success");
  await maintainer.rest.repos.createCommitStatus({ ...here, sha, state: "success", context: "walk/status" });
  const { data: status } = await user.rest.repos.getCombinedStatusForRef({ ...here, ref: sha });
  assert.deepEqual([status.state, status.statuses[0].context], ["success", "walk/status"]);
}

async function rules(branch) {
  const made = await site.rest.repos.createRepoRuleset({
    ...here, name: "walk", target: "branch", enforcement: "active",
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    rules: [{ type: "deletion" }, { type: "non_fast_forward" }],
  });
  const { data: inForce } = await user.rest.repos.getBranchRules({ ...here, branch });
  assert.deepEqual(inForce.map((rule) => rule.type).sort(), ["deletion", "non_fast_forward"]);
  const { data: rulesets } = await user.rest.repos.getRepoRulesets(here);
  assert.ok(rulesets.some((one) => one.id === made.data.id));
  await site.rest.repos.deleteRepoRuleset({ ...here, ruleset_id: made.data.id });
  const nowhere = user.rest.pulls.get({ ...here, pull_number: 4_000_000 });
  await assert.rejects(nowhere, (error) => error.name === "HttpError" && error.status === 404);
}

// Receives the next delivery as a GitHub App would, then lets deliveries go where they went.
async function delivery(issue_number) {
  const admin = async (method, body) => {
    const headers = { authorization: `Bearer ${sandbox.tokens.admin}`, "content-type": "application/json" };
    const answer = await fetch(`${sandbox.admin}/webhook`, { method, headers, body: body && JSON.stringify(body) });
    return answer.json();
  };
  const before = await admin("GET");
  const webhooks = new Webhooks({ secret: before.secret });
  const heard = new Promise((resolve) => webhooks.on("issue_comment.created", ({ payload }) => resolve(payload)));
  const raw = Promise.withResolvers?.() ?? deferred();
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    response.end("ok");
    if (request.headers["x-github-event"] === "issue_comment") {
      raw.resolve({ body: Buffer.concat(parts).toString("utf8"), headers: request.headers });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await admin("PUT", { url: `http://127.0.0.1:${server.address().port}/hook` });
    await user.rest.issues.createComment({ ...here, issue_number, body: "Häppy — “quoted” ✓" });
    const { body, headers } = await raw.promise;
    const [id, name, signature] = ["delivery", "event"].map((part) => headers[`x-github-${part}`])
      .concat(headers["x-hub-signature-256"]);
    await webhooks.verifyAndReceive({ id, name, signature, payload: body });
    assert.equal((await heard).comment.body, "Häppy — “quoted” ✓");
    assert.equal(await webhooks.verify(body, signature), true);
    assert.equal(await webhooks.verify(body.replace("created", "deleted"), signature), false);
  } finally {
    await admin("PUT", { url: before.url });
    server.close();
    server.closeAllConnections();
  }
}

function deferred() {
  const out = {};
  out.promise = new Promise((resolve) => { out.resolve = resolve; });
  return out;
}

const sha = await branchWithFile("by-octokit");
const number = await pullRequest("by-octokit", sha);
await conversation(number);
await verdicts(sha);
await rules("by-octokit");
await delivery(number);
await user.rest.pulls.update({ ...here, pull_number: number, state: "closed" });
console.log(`octokit: ${calls} answers used, one delivery verified`);
