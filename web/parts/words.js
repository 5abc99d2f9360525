// What the data means, in words for people.

/** @import { AuditLine, StageView, VerdictForm } from "../core/schemas.js" */

import { rich, t } from "../core/catalogue.js";
import { h } from "../core/dom.js";
import { ago, capital, dateTime, due, moment, urgency } from "../core/format.js";
import { fullName, nameOf, session, who } from "../core/session.js";

/** @param {string} text as a program names it @returns {string} as the catalogue's variants do */
export const variant = (text) => text.replace(/[^\w-]+/g, "-");

/**
 * What is to be known of a verdict, from the one table of them, which the server has.
 * @param {string} verdict
 * @returns {VerdictForm}
 */
export const ruleOf = (verdict) =>
  session.policy.verdicts.find(({ id }) => id === verdict) ?? {
    id: verdict,
    counts: "unknown",
    title: verdict,
    act: verdict,
    said: t("verdict-unknown", { verdict }),
    consequence: "",
    comment_required: true,
    takes_conditions: false,
  };

/** "You approved": who begins the sentence. @param {string} id @param {string} verdict */
export const saidBy = (id, verdict) => t("verdict-said", { ...who(id), said: ruleOf(verdict).said });

/**
 * What a verdict does to a proposal, as things stand now: `last` is whether no stage comes after this one.
 * @param {VerdictForm} rule
 * @param {StageView} stage
 * @param {boolean} last
 * @returns {"closes" | "passes" | "finishes" | "returns" | "counts"}
 */
export function effectOf({ counts }, { need, quorum, asks, tasks }, last) {
  const given = tasks.flatMap(({ task }) =>
    task.decision && task.state !== "not_counted" ? [task.decision.verdict] : [],
  );
  const sofar = given.filter((verdict) => ruleOf(verdict).counts === counts).length;
  if (counts === "sends_back") return "returns";
  if (counts === "against") return need === "any" || asks.length - sofar - 1 < quorum ? "closes" : "counts";
  if (counts !== "for" || (need !== "any" && sofar + 1 < quorum)) return "counts";
  return last ? "finishes" : "passes";
}

/**
 * A deadline in words, kept true while the page stays open (`keepTime`).
 * @param {string} text
 * @param {"span" | "p"} [tag]
 */
export function deadline(text, tag = "span") {
  return h(tag, { class: `due ${urgency(text)}`, title: moment(text), "data-due": text }, due(text));
}

/** When something was: how long ago, exactly on demand. @param {string} text */
export const since = (text) => h("time", { datetime: text, title: dateTime(text), "data-ago": text }, ago(text));

/** What moves with time is made true again. */
export function keepTime() {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-due], [data-ago]"))) {
    const { due: deadline_, ago: past } = element.dataset;
    const words = deadline_ ? due(deadline_) : ago(past ?? "");
    if (element.textContent !== words) element.textContent = words;
    if (deadline_) element.className = `due ${urgency(deadline_)}`;
  }
}

/** The kind of a badge for a proposal, and its words. @param {string} state @param {string | null} outcome */
export function badge(state, outcome) {
  const kind = outcome ? (OUTCOMES[outcome] ?? "quiet") : state === "changes_requested" ? "warn" : "busy";
  const text = outcome ? t("outcome", { outcome }) : t("state", { state: variant(state) });
  return h("span", { class: `badge ${kind}` }, text);
}
/** @type {Record<string, string>} */
const OUTCOMES = { approved: "good", rejected: "bad" };

/** "revision 2" out of `r2/line-1`. @param {string} path */
export const revisionIn = (path) => Number(/^r(\d+)/.exec(path)?.[1] ?? 0);

/** A line of the audit trail as a sentence; what was said with it comes from `remark`. @param {AuditLine} line */
export function told({ entry }) {
  const { action, subject, detail } = entry;
  const actor = who(entry.actor);
  const assignee = who(detail.assignee ?? "");
  const from = detail.from ?? "";
  switch (action) {
    case "submitted":
      return t("event-submitted", { ...actor, revision: revisionIn(subject) });
    case "opened":
      return t("event-opened");
    case "screened":
      return t("event-screened");
    case "assigned":
      return t("event-assigned", assignee);
    case "kept":
      return t("event-kept", { ...assignee, revision: revisionIn(from) });
    case "decided":
      return saidBy(entry.actor, detail.verdict ?? "");
    case "not_counted":
      return t("event-not-counted");
    case "escalated":
      return t("event-escalated", { from: nameOf(from), to: nameOf(detail.to ?? "") });
    case "reassigned":
      return t("event-reassigned", {
        ...actor,
        from: nameOf(from),
        mine: from === session.me?.id ? "yes" : "no",
        to: nameOf(detail.to ?? ""),
      });
    case "recused":
      return t("event-recused", { ...actor, to: nameOf(detail.to ?? "") });
    case "cancelled":
      return t("event-cancelled", assignee);
    case "abstained":
      return t("event-abstained", { ...who(detail.to ?? ""), from: nameOf(from) });
    case "chain_ended":
      return t("event-chain-ended", { from: nameOf(detail.assignee ?? "") });
    case "expired":
      return t("event-expired", { from: nameOf(detail.assignee ?? "") });
    case "changes_requested":
      return t("event-changes-requested", { until: moment(detail.revise_by ?? "") });
    case "conditions_awaited":
      return t("event-conditions-awaited");
    case "condition_opened":
      return t("event-condition-opened", actor);
    case "condition_evidence":
      return t("event-condition-evidence", actor);
    case "condition_confirmed":
      return t("event-condition-confirmed", actor);
    case "condition_lapsed":
      return t("event-condition-lapsed");
    case "condition_refused":
      return t("event-condition-refused", actor);
    case "withdrawn":
      return t("event-withdrawn", actor);
    case "settled":
      return t("event-settled", { outcome: detail.outcome ?? "" });
    case "closed":
      return t("event-closed");
    case "asked":
      return t("event-asked", actor);
    case "answered":
      return t("event-answered", actor);
    case "erased":
      return t("event-erased");
    case "event_refused":
      return t("event-refused");
    default:
      return t("event-other", { who: actor.who, action: action.replaceAll("_", " ") });
  }
}

const SILENT = ["screened", "submitted"]; // their details are for programs
const BY_POLICY = ["assigned", "cancelled", "opened"];

/**
 * What belongs to a line of the trail besides its sentence: what people wrote, or why the policy did it.
 * @param {AuditLine} line
 */
export function remark({ entry: { action, detail } }) {
  if (SILENT.includes(action)) return "";
  if (action === "settled") return detail.reason ? outcomeReason(detail.reason) : "";
  if (BY_POLICY.includes(action)) return because(detail.why ?? detail.reason ?? "");
  return detail.comment || detail.reason || detail.why || detail.note || detail.text || "";
}

/**
 * A reason in the policy's words, with names for ids: "manager of ana" -> "manager of Ana Ferreira".
 * @param {string} text
 * @param {boolean} [personal] whether the reader is spoken to, which a record does not do
 */
export function because(text, personal = true) {
  const [, how, id, rest = ""] = /^(manager of|handed over by) ([^\s:]+)(.*)$/s.exec(text) ?? [];
  if (!id) return text.replace(/changes_requested\b/, t("why-changes-requested"));
  if (how === "handed over by") return t("why-handed-over", { who: personal ? nameOf(id) : fullName(id) }) + rest;
  return (personal && id === session.me?.id ? t("why-your-manager") : t("why-manager", { who: fullName(id) })) + rest;
}

/**
 * Why a proposal ended as it did, which the process writes in few words of its own: "stage line".
 * @param {string} text
 * @param {StageView[]} [stages]
 */
export function outcomeReason(text, stages = []) {
  const name = /^stage (\S+)$/.exec(text)?.[1];
  if (!name) return capital(because(text));
  return t("outcome-stage", { stage: stages.find((stage) => stage.name === name)?.title ?? name });
}

/** How revisions are named. @param {number} revision */
export const revisionName = (revision) => t("revision", { revision });

/** @param {string} id @param {Node} text what they said */
export const quote = (id, text) => rich("said", { who: h("strong", {}, who(id).who), text });
