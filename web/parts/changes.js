// What the last revision changed: the form word by word, documents side by side, approvals that still stand.

/** @import { Document, Labels, ProposalFieldForm, RevisionView, Submission } from "../core/schemas.js" */
/** @import { Piece } from "../core/diff.js" */
/** @import { Child } from "../core/dom.js" */

import { rich, t } from "../core/catalogue.js";
import { lines, words } from "../core/diff.js";
import { button, h, own, prose } from "../core/dom.js";
import { capital, dateTime } from "../core/format.js";
import { nameOf, session } from "../core/session.js";
import { addressOf, documentLink } from "./asked.js";
import { fieldText } from "./fields.js";
import { question } from "./questions.js";
import { stageList } from "./stages.js";
import { because, revisionName } from "./words.js";

/** What the last revision changed, and how the earlier ones went. @param {RevisionView[]} revisions */
export function whatChanged(revisions) {
  const [before, after] = revisions.slice(-2);
  if (!before || !after) return null;
  const earlier = revisions.slice(0, -1).reverse();
  const fields = fieldChanges(before.submission, after.submission, after.labels);
  const files = documentChanges(before.submission.documents, after.submission.documents);
  const kept = after.stages.flatMap((stage) => stage.tasks).filter(({ task }) => task.kept_from);
  return h(
    "section",
    { "aria-labelledby": "changed", class: "changes" },
    h("h2", { id: "changed" }, t("changed-title", { revision: before.submission.revision })),
    fields.length || files.length ? null : h("p", { class: "quiet" }, t("changed-nothing")),
    fields.length
      ? h(
          "dl",
          { class: "answers" },
          fields.map(([name, node]) => h("div", {}, h("dt", {}, name), h("dd", {}, node))),
        )
      : null,
    files.length
      ? h(
          "ul",
          { class: "files" },
          files.map((each) => fileChange(after.submission.proposal, each, after.labels)),
        )
      : null,
    kept.map(({ task }) =>
      h("p", { class: "meta" }, t("changed-kept", { who: nameOf(task.assignee), why: because(task.why) })),
    ),
    h(
      "details",
      {},
      h("summary", {}, t("earlier-revisions", { count: earlier.length })),
      earlier.map((old) =>
        h(
          "section",
          { class: "earlier" },
          h(
            "h3",
            {},
            t("revision-of", {
              revision: capital(revisionName(old.submission.revision)),
              when: dateTime(old.submission.submitted_at),
            }),
          ),
          prose(old.submission.draft.summary),
          old.questions.map((each) => question(each, false, null)),
          stageList(old.stages, true),
        ),
      ),
    ),
  );
}

/**
 * @param {Submission} before
 * @param {Submission} after
 * @param {Labels} labels
 * @returns {[name: string, node: Child][]}
 */
function fieldChanges(before, after, labels) {
  const [old, fresh] = [before.draft, after.draft];
  const compared = session.policy.fields.filter((each) => each.shape !== "answers" && !each.of_revision);
  const both = (/** @type {ProposalFieldForm} */ each) =>
    /** @type {[string, string, string]} */ ([
      each.label,
      fieldText(each, old, labels.currency),
      fieldText(each, fresh, labels.currency),
    ]);
  const wordy = (/** @type {ProposalFieldForm} */ { shape }) => shape === "line" || shape === "text";
  const values = compared.filter((each) => !wordy(each)).map(both);
  const texts = [
    ...compared.filter(wordy).map(both),
    ...Object.keys({ ...old.fields, ...fresh.fields }).map(
      (id) =>
        /** @type {[string, string, string]} */ ([
          own(labels.fields, id, id),
          own(old.fields, id, ""),
          own(fresh.fields, id, ""),
        ]),
    ),
  ];
  const differs = (/** @type {[string, string, string]} */ [, one, two]) => one !== two;
  return [
    ...values.filter(differs).map(([name, one, two]) => /** @type {[string, Child]} */ ([name, replaced(one, two)])),
    ...texts
      .filter(differs)
      .map(([name, one, two]) => /** @type {[string, Child]} */ ([name, shown(words(one, two), "span")])),
  ];
}

/** A value that has no words in common with what it was. @param {string} old @param {string} fresh */
const replaced = (old, fresh) =>
  h(
    "span",
    { class: "diff" },
    rich("changed-value", { old: h("del", {}, old || "–"), fresh: h("ins", {}, fresh || "–") }),
  );

/** Pieces as they are read, also without colours. @param {Piece[]} pieces @param {"span" | "pre"} tag */
export const shown = (pieces, tag) =>
  h(
    tag,
    { class: "diff text" },
    pieces.map(({ kind, text }) => {
      if (kind === "same") return text;
      return h(kind === "added" ? "ins" : "del", {}, text);
    }),
  );

/** @typedef {{ kind: "added" | "removed" | "replaced", old?: Document, fresh?: Document }} FileChange */

/**
 * Of one kind and name it is the same document, in another form.
 * @param {Document[]} before
 * @param {Document[]} after
 * @returns {FileChange[]}
 */
export function documentChanges(before, after) {
  const id = (/** @type {Document} */ each) => `${each.kind} ${each.sha256}`;
  const [old, fresh] = [new Set(before.map(id)), new Set(after.map(id))];
  const gone = before.filter((each) => !fresh.has(id(each)));
  const come = after.filter((each) => !old.has(id(each)));
  /** @type {FileChange[]} */
  const changes = [];
  for (const each of come) {
    const twin = gone.findIndex(({ kind, name }) => kind === each.kind && name === each.name);
    if (twin < 0) changes.push({ kind: "added", fresh: each });
    else changes.push({ kind: "replaced", old: gone.splice(twin, 1)[0], fresh: each });
  }
  return [...changes, ...gone.map((each) => ({ kind: /** @type {const} */ ("removed"), old: each }))];
}

const READABLE = /\.(md|txt|csv)$/i;

/** @param {string} proposal @param {FileChange} change @param {Labels} labels */
function fileChange(proposal, { kind, old, fresh }, labels) {
  const about = own(labels.documents, (fresh ?? old)?.kind ?? "", "");
  const compare =
    old && fresh && READABLE.test(old.name) ? comparison(addressOf(proposal, old), addressOf(proposal, fresh)) : null;
  return h(
    "li",
    {},
    h(
      "span",
      { class: `badge ${kind === "added" ? "good" : kind === "removed" ? "bad" : "warn"}` },
      t("file-change", { kind }),
    ),
    fresh ? documentLink(proposal, fresh) : null,
    old ? documentLink(proposal, old) : null,
    h("span", { class: "meta" }, old && fresh ? t("file-new-old", { kind: about }) : about),
    compare,
  );
}

/** A button that shows two texts line by line. @param {string} old @param {string} fresh */
function comparison(old, fresh) {
  const place = h("div", { class: "comparison", "aria-live": "polite" });
  const read = async (/** @type {string} */ address) => (await fetch(address)).text();
  const compare = button(
    t("compare-lines"),
    async () => {
      compare.remove();
      const [one, two] = await Promise.all([read(old), read(fresh)]);
      place.replaceChildren(shown(lines(one, two), "pre"));
    },
    "small",
  );
  place.append(compare);
  return place;
}
