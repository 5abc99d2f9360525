// Data in words for people.

import { h, own } from "./dom.js";
import { nameOf, now, session } from "./session.js";

const DAY = 86_400_000;
const LANGUAGE = document.documentElement.lang; // the words' own, so that no date speaks another one
const moments = new Intl.DateTimeFormat(LANGUAGE, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const dated = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" });
const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "numeric", minute: "2-digit" });

/** "Fri, 27 Nov, 16:40"; with the year where it is another one. */
export function moment(text) {
  const at = new Date(text);
  return (at.getFullYear() === now().getFullYear() ? moments : dated).format(at);
}
export const dateTime = (text) => dated.format(new Date(text));
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** "due tomorrow at 17:00", "due in 40 minutes", "overdue since yesterday at 17:00". */
export function due(text) {
  const at = new Date(text);
  const left = at - now();
  if (left < 0) return `overdue since ${day(at)} at ${clock.format(at)}`;
  if (left < DAY / 24) return `due in ${plural(Math.max(1, Math.round(left / 60_000)), "minute")}`;
  return `due ${day(at)} at ${clock.format(at)}`;
}

/** A deadline in words, kept true while the page stays open (`keepTime`). */
export function deadline(text, tag = "span") {
  return h(tag, { class: `due ${urgency(text)}`, title: moment(text), "data-due": text }, capital(due(text)));
}

export function keepTime() {
  for (const element of document.querySelectorAll("[data-due]")) {
    const words = capital(due(element.dataset.due));
    if (element.textContent !== words) element.textContent = words;
    element.className = `due ${urgency(element.dataset.due)}`;
  }
}

/** How much a deadline presses: "late", "soon" (within a day) or "". */
export function urgency(text) {
  const left = new Date(text) - now();
  return left < 0 ? "late" : left < DAY ? "soon" : "";
}

function day(at) {
  const start = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const days = Math.round((start(at) - start(now())) / DAY);
  if (days >= -1 && days <= 1) return ["yesterday", "today", "tomorrow"][days + 1];
  if (days > 1 && days < 7) return at.toLocaleDateString(LANGUAGE, { weekday: "long" });
  const year = at.getFullYear() === now().getFullYear() ? undefined : "numeric";
  return at.toLocaleDateString(LANGUAGE, { day: "numeric", month: "long", year });
}

export function money(amount, currency) {
  const digits = Number.isInteger(Number(amount)) ? 0 : 2;
  return new Intl.NumberFormat(LANGUAGE, { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: 2 }).format(amount);
}

export function bytes(size) {
  if (size < 1000) return plural(size, "byte");
  return size < 1e6 ? `${Math.round(size / 1000)} KB` : `${Number((size / 1e6).toFixed(1))} MB`;
}

const STATES = {
  starting: "Received",
  screening: "Being checked",
  deciding: "Waiting for decisions",
  changes_requested: "Changes requested",
  conditions: "Approved on conditions",
  closing: "Decided",
  "decided, publication pending": "Decided, publication pending",
  closed: "Closed",
};
const OUTCOMES = { approved: "Approved", rejected: "Rejected", withdrawn: "Withdrawn", lapsed: "Lapsed" };
/** A verdict in the words of the API; one of another release is called by its name. */
export const verdict = (id) => session.policy.verdicts.find((each) => each.id === id)
  ?? { id, counts: "unknown", title: capital(id.replaceAll("_", " ")), act: "Record the decision", said: `decided “${id}”`, consequence: "", comment_required: true, takes_conditions: false };
export const CHECKS = {
  required_fields: "Answers",
  required_documents: "Documents needed",
  document_types: "Types of the documents",
  document_sizes: "Sizes of the documents",
  budget_envelope: "Budget of the department",
  seen_before: "Documents seen before",
};

/** The kind of a badge for a proposal: good, bad, busy or quiet. */
export function badge(state, outcome) {
  if (outcome === "approved") return ["good", OUTCOMES.approved];
  if (outcome) return [outcome === "rejected" ? "bad" : "quiet", OUTCOMES[outcome]];
  if (state === "changes_requested") return ["warn", STATES[state]];
  return ["busy", STATES[state] ?? capital(state)];
}

/** A line of the audit trail as a sentence; what was said with it comes from `remark`. */
export function told({ entry }) {
  const { action, subject, detail } = entry;
  const who = capital(nameOf(entry.actor));
  const whose = (id) => (nameOf(id) === "you" ? "your" : `${nameOf(id)}’s`);
  const was = (id) => `${capital(nameOf(id))} ${nameOf(id) === "you" ? "were" : "was"}`;
  const sentences = {
    submitted: () => `${who} submitted ${subject === "r1" ? "the proposal" : `revision ${subject.slice(1)}`}`,
    opened: () => "Who must approve was found",
    screened: () => "The automatic checks were made",
    assigned: () => `${was(detail.assignee)} asked for approval`,
    kept: () => `${capital(whose(detail.assignee))} approval of ${detail.from.split("/")[0].replace("r", "revision ")} was kept`,
    decided: () => `${who} ${verdict(detail.verdict).said}`,
    applied: () => "The decision was applied",
    not_counted: () => "The decision was not counted",
    escalated: () => `No answer from ${nameOf(detail.from)}: escalated to ${nameOf(detail.to)}`,
    reassigned: () => `${who} handed ${whose(detail.from)} task over to ${nameOf(detail.to)}`,
    recused: () => `${who} stepped back; ${nameOf(detail.to)} is asked instead`,
    cancelled: () => `${capital(whose(detail.assignee))} answer is no longer needed`,
    abstained: () => `${capital(nameOf(detail.to))} ${nameOf(detail.to) === "you" ? "are" : "is"} asked in place of ${nameOf(detail.from)}`,
    chain_ended: () => `Nobody is left to ask in place of ${nameOf(detail.assignee)}`,
    expired: () => `No answer from ${nameOf(detail.assignee)} in time, and nobody is left to ask`,
    changes_requested: () => `Changes are waited for until ${moment(detail.revise_by)}`,
    conditions_awaited: () => "Approved on conditions, which are waited for",
    condition_opened: () => `${who} set a condition`,
    condition_evidence: () => `${who} gave evidence`,
    condition_confirmed: () => `${who} confirmed that the condition is met`,
    condition_lapsed: () => "A condition was not met in time",
    condition_refused: () => `${who} found the evidence not enough`,
    withdrawn: () => `${who} withdrew the proposal`,
    settled: () => `The outcome stands: ${OUTCOMES[detail.outcome]?.toLowerCase() ?? detail.outcome}`,
    closed: () => "The record was published and the proposal closed",
    asked: () => `${who} asked the author a question`,
    answered: () => `${who} answered the question`,
    erased: () => "What people wrote was erased",
    event_refused: () => "A decision through the raise-event interface was refused",
  };
  return own(sentences, action, () => null)() ?? `${who}: ${action.replaceAll("_", " ")}`;
}

/** What belongs to a line of the trail besides its sentence: what people wrote, or why the policy did it. */
export function remark({ entry: { action, detail } }) {
  if (action === "screened" || action === "submitted") return "";
  if (action === "assigned" || action === "cancelled" || action === "opened") return because(detail.why ?? detail.reason ?? "");
  return detail.comment || detail.reason || detail.why || detail.note || detail.text || "";
}

/** A reason in the policy's words, with names for ids: "manager of ana" -> "manager of Ana Ferreira". */
export const because = (text, called = nameOf) =>
  text.replace(/^(manager of|handed over by) ([^\s:]+)/, (_, how, id) => (how === "manager of" && called(id) === "you" ? "your manager" : `${how} ${called(id)}`)).replace(/changes_requested\b/, "changes are requested");
