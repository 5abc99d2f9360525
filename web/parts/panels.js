// What stands around a proposal: its heading, and the panels that lead on from it.

/** @import { Proposal, ProposalView, RevisionView, StageView, TaskView } from "../core/schemas.js" */

import { t } from "../core/catalogue.js";
import { button, h } from "../core/dom.js";
import { draft } from "../core/drafts.js";
import { dateTime, list, moment, money } from "../core/format.js";
import { nameOf, session, who } from "../core/session.js";
import { stepper } from "./stages.js";
import { badge, outcomeReason } from "./words.js";

/** A link that was forwarded to who may not see what it is about. @param {string} person whom it was made for */
export function notForYou(person) {
  const title = t("forwarded-title");
  const name = session.people.get(person);
  const content = h(
    "section",
    { class: "empty" },
    h("h1", {}, title),
    h("p", {}, name ? t("forwarded-for", { name }) : t("forwarded-for-somebody")),
    h("p", {}, t("forwarded-about")),
    h("p", {}, h("a", { href: "#/" }, t("to-inbox"))),
  );
  return { title, content };
}

/** @param {ProposalView} picture @param {RevisionView} revision */
export function heading({ proposal: about, state }, { submission, labels, stages }) {
  const by = t("head-by", { ...who(about.author), when: dateTime(submission.submitted_at), revision: about.revision });
  return h(
    "div",
    { class: "head" },
    h("p", { class: "meta" }, by),
    h(
      "div",
      { class: "titles" },
      h("h1", { tabindex: "-1" }, about.title),
      h("p", { class: "amount" }, money(submission.draft.budget, labels.currency)),
      badge(state, about.outcome),
    ),
    about.outcome_reason ? h("p", { class: "text" }, outcomeReason(about.outcome_reason, stages)) : null,
    stepper(stages, about.outcome !== null),
  );
}

/** @param {Proposal} about */
export const revisePanel = (about) =>
  h(
    "div",
    { class: "panel" },
    h("h2", {}, t("revise-panel")),
    h("p", {}, t("revise-by", { until: moment(about.revise_by ?? "") })),
    h("a", { class: "button primary", href: `#/proposals/${about.proposal}/revise` }, t("revise-link")),
  );

/** @param {Proposal} about */
export const recordPanel = (about) =>
  h(
    "div",
    { class: "panel" },
    h("h2", {}, t("record-title")),
    h("p", {}, t("record-panel")),
    h("a", { class: "button", href: `#/proposals/${about.proposal}/record` }, t("record-open")),
  );

/** What somebody proposed before is where the next proposal begins. @param {RevisionView} revision */
export function copyPanel({ submission }) {
  const copy = () => {
    const { note: _, ...form } = submission.draft;
    draft.keep("submit", { ...form, key: crypto.randomUUID() });
    location.hash = "#/submit";
  };
  return h("p", { class: "panel quiet" }, button(t("copy-as-new"), copy, "small"));
}

/** @type {[move: string, place: string, kind: string][]} */
export const BELOW = [
  ["answer", "questions", "answer"],
  ["give_evidence", "conditions", "evidence"],
  ["confirm", "conditions", "confirm"],
];

/** @param {[string, string, string]} below */
export const belowPanel = ([, place, kind]) =>
  h("p", { class: "panel" }, h("a", { href: `#${place}`, onclick: jump }, t("below", { kind })));

/** To a place in this view; the address names the view itself. @param {Event} event */
function jump(event) {
  event.preventDefault();
  const name = /** @type {Element} */ (event.target).getAttribute("href")?.slice(1) ?? "";
  const heading_ = document.getElementById(name);
  heading_?.setAttribute("tabindex", "-1");
  heading_?.focus();
  heading_?.scrollIntoView();
}

/** @param {{ task: TaskView["task"], stage: StageView }[]} tasks */
export function waitingFor(tasks) {
  const open = tasks.filter(({ task }) => task.state === "open").map(({ task }) => nameOf(task.assignee));
  return open.length ? t("nothing-waiting-for", { people: list(open), count: open.length }) : t("nothing-to-do");
}
