// What is asked for: the answers of the form, the documents, and what the automatic checks found in them.

/** @import { Document, Finding, Labels, ProposalFieldForm, RevisionView, Screening } from "../core/schemas.js" */

import { t } from "../core/catalogue.js";
import { h, icon, own, prose } from "../core/dom.js";
import { bytes, capital } from "../core/format.js";
import { session } from "../core/session.js";
import { fieldText } from "./fields.js";

/** @param {RevisionView} revision */
export function asked(revision) {
  const { draft } = revision.submission;
  const { fields } = session.policy;
  const valued = (/** @type {ProposalFieldForm} */ each) =>
    each.shape === "category" ? revision.labels.category : fieldText(each, draft, revision.labels.currency);
  const shown = (/** @type {ProposalFieldForm[]} */ some) =>
    some.filter((each) => valued(each)).map((each) => fact(each.label, valued(each)));
  // the title is the heading, the summary comes first, and what a revision changed has a note of its own
  const facts = fields.filter(({ id, shape }) => id !== "title" && shape !== "text" && shape !== "answers");
  const texts = fields.filter(({ id, shape, of_revision: of }) => id !== "summary" && shape === "text" && !of);
  const questions = Object.entries(draft.fields).map(([id, text]) => fact(own(revision.labels.fields, id, id), text));
  const answers = [...shown(texts), ...questions];
  return h(
    "section",
    { "aria-labelledby": "asked" },
    h("h2", { id: "asked" }, t("asked-title")),
    prose(draft.summary),
    h("dl", { class: "facts" }, shown(facts)),
    answers.length ? h("dl", { class: "answers" }, answers) : null,
    draft.note ? h("div", { class: "note" }, prose(draft.note)) : null,
  );
}

/** @param {string} name @param {string} value */
const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, prose(value, "span")));

/** Where a document's bytes are. @param {string} proposal @param {Document} document_ */
export const addressOf = (proposal, document_) => `/api/proposals/${proposal}/documents/${document_.sha256}`;

/** @param {string} proposal @param {Document} each */
export const documentLink = (proposal, each) =>
  h("a", { href: addressOf(proposal, each), download: each.name }, icon("document", 16), h("span", {}, each.name));

/** @param {string} proposal @param {Document[]} given @param {Labels} labels */
export function documents(proposal, given, labels) {
  if (!given.length) return h("p", { class: "quiet" }, t("documents-none"));
  const row = (/** @type {Document} */ each) => {
    const about = t("document-about", {
      kind: own(labels.documents, each.kind, capital(each.kind)),
      size: bytes(each.size),
    });
    return h("li", {}, documentLink(proposal, each), h("span", { class: "meta" }, about));
  };
  return h("ul", { class: "files" }, given.map(row));
}

/** @type {Record<string, [kind: string, icon: string]>} */
const MARKS = { passed: ["good", "check"], failed: ["warn", "warning"] };

/** @param {Screening | null} screening */
export function checks(screening) {
  if (!screening) return h("p", { class: "quiet" }, t("checks-running"));
  const found = screening.findings.filter(({ result }) => result !== "passed");
  const fine = screening.findings.filter(({ result }) => result === "passed");
  const passed = () =>
    h(
      "details",
      {},
      h("summary", {}, t("checks-passed", { count: fine.length })),
      h("ul", { class: "checks" }, fine.map(finding)),
    );
  return h(
    "div",
    {},
    found.length ? h("ul", { class: "checks" }, found.map(finding)) : null,
    fine.length ? passed() : null,
  );
}

/** @param {Finding} each */
function finding(each) {
  const [kind, sign] = own(MARKS, each.result, /** @type {[string, string]} */ (["warn", "question"]));
  const stops = each.result === "failed" && each.severity !== "warn";
  const name = t("check-name", { check: each.check, other: capital(each.check.replaceAll("_", " ")) });
  return h(
    "li",
    { class: stops ? "bad" : kind },
    h("span", { class: "mark" }, icon(stops ? "dismiss" : sign, 16)),
    h(
      "span",
      {},
      h("strong", {}, name),
      " ",
      t("check-result", { result: each.result }),
      each.result === "passed" ? null : h("span", { class: "remark text" }, each.message),
    ),
  );
}
