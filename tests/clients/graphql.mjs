// The one GraphQL document that Greenline sends: it is right by GitHub's own schema, and what the look-alike answers to it has
// every field in the type that the schema says. Octokit asks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { schema, validate } from "@octokit/graphql-schema";
import { Octokit } from "@octokit/rest";
import { buildSchema, execute, parse } from "graphql";

const sandbox = JSON.parse(process.env.SANDBOX);
const { owner, name, trunk } = sandbox.repo;
const document = readFileSync("../../src/adapter/github/forge/unresolved.graphql", "utf8");
const types = buildSchema(schema.idl, { assumeValid: true });
const client = (token) => new Octokit({ auth: token, baseUrl: sandbox.api, userAgent: "walk" });
const maintainer = client(sandbox.tokens.maintainer);

async function administer(method, path, body) {
  const headers = { authorization: `Bearer ${sandbox.tokens.admin}`, "content-type": "application/json" };
  const answer = await fetch(sandbox.admin + path, { method, headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, path);
  return answer.json();
}

async function pullRequest() {
  const here = { owner, repo: name };
  const { data: main } = await maintainer.rest.git.getRef({ ...here, ref: `heads/${trunk}` });
  await maintainer.rest.git.createRef({ ...here, ref: "refs/heads/talk", sha: main.object.sha });
  await maintainer.rest.repos.createOrUpdateFileContents({
    ...here, branch: "talk", path: "talk.txt", message: "To talk about", content: btoa("talk\n"),
  });
  const made = await client(sandbox.tokens.user).rest.pulls.create({ ...here, title: "Talk", head: "talk", base: trunk });
  return made.data.number;
}

// The schema's own executor, with the answer as what there is: a wrong or missing field is an error or makes a difference.
async function judged(variables) {
  const data = await maintainer.graphql(document, variables);
  const seen = await execute({ schema: types, document: parse(document), rootValue: data, variableValues: variables });
  assert.deepEqual(seen.errors, undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(seen.data)), data);
  return data.repository.pullRequest.reviewThreads;
}

assert.deepEqual(validate(document), []);
assert.notDeepEqual(validate(document.replace("isResolved", "isSettled")), []);
const number = await pullRequest();
const threads = `/repos/${owner}/${name}/pulls/${number}/threads`;
for (let n = 0; n < 101; n += 1) {
  const { id } = await administer("POST", threads, { user: "maintainer", path: "talk.txt", body: `${n}?` });
  if (n === 0) await administer("PUT", `${threads}/${id}/resolved`, { value: true });
}
const first = await judged({ owner, name, number, after: null });
const second = await judged({ owner, name, number, after: first.pageInfo.endCursor });
assert.deepEqual([first.nodes.length, second.nodes.length, second.pageInfo.hasNextPage], [100, 1, false]);
assert.deepEqual(first.nodes.map((thread) => thread.isResolved).indexOf(false), 1);
await assert.rejects(maintainer.graphql("{ viewer { login } }"), /only the document/);
await assert.rejects(judged({ owner, name, number: 4_000_000, after: null }), /Could not resolve to a PullRequest/);
console.log("graphql: one document and its answers are as GitHub's schema says");
