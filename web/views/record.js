// The decision record: how it ended, and how anybody can check that nothing was changed since.

/** @import { DecisionRecord, RevisionRecord } from "../core/schemas.js" */

import { ask, Problem } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { avatar, h, prose } from "../core/dom.js";
import { capital, dateTime } from "../core/format.js";
import { fullName, remember } from "../core/session.js";
import { badge, because, outcomeReason, revisionName, ruleOf } from "../parts/words.js";

/** @param {{ id: string, signal: AbortSignal }} about */
export async function record({ id, signal }) {
  const found = await ask(`/api/proposals/${id}/record?format=json`, { signal }).catch((error) => {
    if (error instanceof Problem && error.kind === "not-found" && error.message.includes("no record yet")) return null;
    throw error;
  });
  const back = h("p", {}, h("a", { href: `#/proposals/${id}` }, t("record-back")));
  if (!found) {
    const title = t("record-none");
    return { title, content: [h("h1", {}, title), h("p", {}, t("record-none-about")), back] };
  }
  /** @type {DecisionRecord} */
  const sealed = found.data;
  remember(sealed.people);
  const path = `/api/proposals/${id}`;
  const content = [
    h("p", { class: "meta" }, t("record-title")),
    h("h1", {}, sealed.title),
    h("p", {}, badge("closed", sealed.outcome), " ", t("record-sealed", { when: dateTime(sealed.sealed_at) })),
    sealed.reason ? prose(outcomeReason(sealed.reason)) : null,
    h("h2", {}, t("record-decisions")),
    h("ul", { class: "cards" }, sealed.revisions.flatMap(decisions)),
    h("h2", {}, t("record-evidence")),
    h("p", {}, t("record-verify", { line: sealed.trail_lines })),
    h("p", { class: "code" }, "python3 scripts/verify.py record.json audit.jsonl"),
    h(
      "dl",
      { class: "facts wide" },
      h("div", {}, h("dt", {}, t("record-head")), h("dd", { class: "code" }, sealed.trail_head)),
    ),
    h(
      "p",
      { class: "row" },
      h("a", { class: "button primary", href: `${path}/record` }, t("record-print")),
      h("a", { class: "button", href: `${path}/record?format=json`, download: `${id}-record.json` }, t("record-json")),
      h("a", { class: "button", href: `${path}/audit`, download: `${id}-audit.jsonl` }, t("record-trail")),
    ),
    back,
  ];
  return { title: t("record-of", { title: sealed.title }), content: content.filter((each) => each !== null) };
}

/** @param {RevisionRecord} revision */
function decisions({ submission, tasks }) {
  const revision = capital(revisionName(submission.revision));
  const made = tasks.flatMap((task) => (task.decision ? [{ task, decision: task.decision }] : []));
  if (!made.length) return [h("li", { class: "card" }, t("record-nobody", { revision }))];
  return made.map(({ task, decision }) => {
    const said = t("verdict-said", { who: fullName(decision.by), you: "no", said: ruleOf(decision.verdict).said });
    const about = { revision, when: dateTime(decision.recorded_at), why: because(task.why, false) };
    return h(
      "li",
      { class: "card by" },
      avatar(fullName(decision.by)),
      h(
        "div",
        { class: "body" },
        h("p", {}, task.state === "applied" ? said : t("record-but", { said, state: task.state })),
        decision.comment ? prose(decision.comment, "blockquote") : null,
        h("p", { class: "meta" }, t("record-about", about)),
        decision.authenticated ? null : h("p", { class: "meta warn" }, t("not-authenticated")),
      ),
    );
  });
}
