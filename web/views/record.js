// The decision record: how it ended, and how anybody can check that nothing was changed since.

import { Problem, ask } from "../core/api.js";
import { h, prose } from "../core/dom.js";
import { fullName, remember } from "../core/session.js";
import { badge, because, capital, dateTime, verdict } from "../core/words.js";

export async function record({ id, signal }) {
  const found = await ask(`/api/proposals/${id}/record?format=json`, { signal }).catch((error) => {
    if (error instanceof Problem && error.kind === "not-found" && error.message.includes("no record yet")) return null;
    throw error;
  });
  const back = h("p", {}, h("a", { href: `#/proposals/${id}` }, "Back to the proposal"));
  if (!found) {
    return { title: "No record yet", content: [h("h1", {}, "No record yet"), h("p", {}, "It is written when the proposal is decided."), back] };
  }
  const sealed = found.data;
  remember(sealed.people);
  const [kind, text] = badge("closed", sealed.outcome);
  const path = `/api/proposals/${id}`;
  const content = [
    h("p", { class: "meta" }, "Decision record"),
    h("h1", {}, sealed.title),
    h("p", {}, h("span", { class: `badge ${kind}` }, text), ` sealed on ${dateTime(sealed.sealed_at)}`),
    sealed.reason ? prose(sealed.reason) : null,
    h("h2", {}, "Who decided"),
    h("ul", { class: "cards" }, sealed.revisions.flatMap(decisions)),
    h("h2", {}, "Evidence"),
    h("p", {}, `The record holds the digest of line ${sealed.trail_lines} of the audit trail. Download both and check them, offline, with the verifier that comes with Greenlight:`),
    h("p", { class: "code" }, "python3 scripts/verify.py record.json audit.jsonl"),
    h("dl", { class: "facts wide" }, h("div", {}, h("dt", {}, "Head of the trail"), h("dd", { class: "code" }, sealed.trail_head))),
    h("p", { class: "row" },
      h("a", { class: "button primary", href: `${path}/record` }, "Open to print"),
      h("a", { class: "button", href: `${path}/record?format=json`, download: `${id}-record.json` }, "Record (JSON)"),
      h("a", { class: "button", href: `${path}/audit`, download: `${id}-audit.jsonl` }, "Audit trail")),
    back,
  ];
  return { title: `Record of ${sealed.title}`, content: content.filter(Boolean) };
}

function decisions({ submission, tasks }) {
  const made = tasks.filter((task) => task.decision);
  if (!made.length) return [h("li", { class: "card" }, `Revision ${submission.revision}: nobody decided.`)];
  return made.map((task) => h("li", { class: "card" },
    h("p", {}, h("strong", {}, fullName(task.decision.by)), ` ${verdict(task.decision.verdict).said}`, task.state === "applied" ? "" : ` (${capital(task.state.replaceAll("_", " "))})`),
    task.decision.comment ? prose(task.decision.comment, "blockquote") : null,
    h("p", { class: "meta" }, `Revision ${submission.revision}, ${dateTime(task.decision.recorded_at)}, asked because: ${because(task.why, fullName)}`),
    task.decision.authenticated ? null : h("p", { class: "meta warn" }, "Came through an interface that does not check who calls.")));
}
