// The decision: chosen, said that it cannot be undone, sent, recorded, applied. Nothing is shown before it is true, and
// nothing is sent but by the button that says what it does.

/** @import { FieldError, RevisionView, StageView, TaskView } from "../core/schemas.js" */
/** @import { Context } from "./move.js" */

import { ask, Offline, Problem, SignedOut } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { now } from "../core/clock.js";
import { announce, button, freshId, h } from "../core/dom.js";
import { draft } from "../core/drafts.js";
import { DAY } from "../core/format.js";
import { clearErrors, complaint, control, field, requiredLabel, showErrors } from "../core/forms.js";
import { because, deadline, effectOf, ruleOf } from "./words.js";

const LONGEST = 3650 * DAY; // the server takes no condition that is due later

/** @typedef {{ text: string, due: string }} Wanted */
/** @typedef {{ verdict: string, comment: string, conditions: Wanted[] }} Chosen */
/** @typedef {Context & { recorded: (task: string, receipt: any) => Promise<void> | void }} DecisionContext */

/**
 * The panel for one open task of mine.
 * @param {TaskView} view
 * @param {string[]} verdicts
 * @param {DecisionContext} context
 */
export function decisionPanel({ task, etag }, verdicts, context) {
  const key = `${task.proposal}-r${task.revision}-${task.task}`;
  const kept = draft.read(key) ?? {};
  const comment = h("textarea", { name: "comment", rows: 4, maxlength: 4000 });
  comment.value = kept.comment ?? "";
  const reason = field(t("comment"), comment, t("comment-hint"));
  const label = /** @type {HTMLElement} */ (reason.querySelector("label"));
  const conditions = conditionList(kept.conditions ?? []);
  const act = button(t("choose-decision"), () => submit(), "primary");
  const hint = h("p", { class: "hint", role: "status" });
  const title = freshId("decision");
  const form = h(
    "form",
    { class: "panel decide", novalidate: true, "aria-labelledby": title },
    h("h2", { id: title, tabindex: "-1" }, t("decide-title")),
    h("p", {}, t("asked-because", { why: because(task.why) })),
    deadline(task.due_at, "p"),
    h(
      "fieldset",
      {},
      h("legend", {}, t("decision")),
      verdicts.map((verdict) => choice(verdict, kept.verdict === verdict)),
    ),
    reason,
    conditions.node,
    h("p", { class: "final" }, t("decide-final")),
    h("div", { class: "bar" }, hint, act),
  );

  /** @returns {Chosen} */
  const values = () => ({
    verdict: control(form, "verdict")?.value ?? "",
    comment: comment.value,
    conditions: conditions.values(),
  });
  const update = () => {
    const { verdict } = values();
    const rule = ruleOf(verdict);
    act.textContent = verdict ? actOf(verdict, task, context) : t("choose-decision");
    act.classList.toggle("danger", rule.counts === "against");
    conditions.node.hidden = !rule.takes_conditions;
    comment.required = Boolean(verdict) && rule.comment_required;
    label.replaceChildren(...(comment.required ? requiredLabel(t("comment")) : [t("comment")]));
  };
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    update();
    draft.keep(key, values());
  });
  form.addEventListener("submit", (event) => event.preventDefault()); // Enter in a field or on a choice decides nothing
  form.addEventListener("greenlight:drawn", update); // what a verdict leads to depends on what others decided
  update();
  if (kept.verdict || kept.comment) form.dataset.dirty = "yes";

  async function submit() {
    clearErrors(form);
    const chosen = values();
    const missing = lacking(chosen);
    if (missing.length) return showErrors(form, complaint(...missing));
    act.disabled = true;
    hint.textContent = t("sending");
    let receipt;
    try {
      receipt = (await post(task, etag, chosen)).data;
    } catch (error) {
      act.disabled = false;
      hint.textContent = "";
      return refused(error, chosen);
    }
    delete form.dataset.dirty;
    draft.drop(key);
    announce(t("decision-recorded"));
    return context.recorded(task.task, receipt);
  }

  /** @param {unknown} error @param {Chosen} chosen */
  function refused(error, { comment: said, conditions: wanted }) {
    if (error instanceof SignedOut) return context.signedOut(error);
    if (!(error instanceof Problem || error instanceof Offline)) throw error;
    if (context.signal.aborted) return context.failed(error.message);
    if (error instanceof Offline) {
      act.textContent = t("send-again");
      return showErrors(form, { message: t("decision-lost") });
    }
    if (error.status !== 409 && error.status !== 412) return showErrors(form, error);
    const texts = [said, ...wanted.map(({ text }) => text)].filter(Boolean);
    return context.overtaken(error.message, texts.join("\n\n"));
  }

  return form;
}

/** @param {string} verdict @param {boolean} checked */
function choice(verdict, checked) {
  const radio = h("input", {
    type: "radio",
    name: "verdict",
    value: verdict,
    id: freshId(verdict),
    required: true,
    checked,
  });
  const { title, consequence } = ruleOf(verdict);
  const about = h("p", { class: "hint", id: `${radio.id}-about` }, consequence);
  radio.setAttribute("aria-describedby", about.id);
  return h("div", { class: "choice" }, radio, h("div", {}, h("label", { for: radio.id }, title), about));
}

/**
 * The button that decides: the verdict, and what follows.
 * @param {string} verdict
 * @param {TaskView["task"]} task
 * @param {Context} context
 */
function actOf(verdict, task, context) {
  const { stages } = /** @type {RevisionView} */ (context.picture.revisions.at(-1));
  const stage = /** @type {StageView} */ (stages.find(({ name }) => name === task.stage));
  const rule = ruleOf(verdict);
  return t("act", { title: rule.title, effect: effectOf(rule, stage, stage === stages.at(-1)) });
}

/** @param {TaskView["task"]} task @param {string} etag @param {Chosen} chosen */
function post(task, etag, { verdict, comment, conditions }) {
  const due = conditions.map(({ text, due: day }) => ({ text, due: endOf(day).toISOString() }));
  const body = ruleOf(verdict).takes_conditions ? { verdict, comment, conditions: due } : { verdict, comment };
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}/decision`;
  return ask(path, { body, headers: { "If-Match": etag } });
}

/** A day's working time is over at five. @param {string} day */
const endOf = (day) => new Date(`${day}T17:00`);

/** What is missing before anything is sent; the server says the same. @param {Chosen} chosen */
function lacking({ verdict, comment, conditions }) {
  /** @type {FieldError[]} */
  const errors = [];
  if (!verdict) errors.push({ field: "verdict", message: t("choose-one") });
  if (verdict && ruleOf(verdict).comment_required && !comment.trim())
    errors.push({ field: "comment", message: t("comment-missing") });
  if (!ruleOf(verdict).takes_conditions) return errors;
  conditions.forEach(({ text, due }, row) => {
    if (!text) errors.push({ field: `conditions[${row}].text`, message: t("condition-text-missing") });
    const day = /^\d{4}-\d\d-\d\d$/.test(due) && endOf(due) > now();
    if (!day) errors.push({ field: `conditions[${row}].due`, message: t("condition-day-past") });
  });
  return errors;
}

/** @param {Wanted[]} kept */
function conditionList(kept) {
  const rows = h("div", {});
  const all = () => /** @type {HTMLElement[]} */ ([...rows.children]);
  /** @template {"textarea" | "input"} T @param {HTMLElement} row @param {T} tag */
  const within = (row, tag) => /** @type {HTMLElementTagNameMap[T]} */ (row.querySelector(tag));
  const name = () =>
    all().forEach((row, index) => {
      within(row, "textarea").name = `conditions[${index}].text`;
      within(row, "input").name = `conditions[${index}].due`;
    });
  const soon = localDay(new Date(now().getTime() + 14 * DAY));
  const add = ({ text = "", due = soon } = {}) => {
    const what = h("textarea", { rows: 2, maxlength: 1000, required: true });
    what.value = text;
    const latest = localDay(new Date(now().getTime() + LONGEST));
    const by = h("input", { type: "date", required: true, value: due, min: localDay(now()), max: latest });
    const remove = () => {
      const before = /** @type {HTMLElement} */ (row.previousElementSibling);
      row.remove();
      name();
      within(before, "textarea").focus();
    };
    const taken = rows.children.length ? button(t("condition-remove"), remove, "small") : null;
    const row = h(
      "div",
      { class: "condition" },
      field(t("condition-text"), what),
      field(t("condition-due"), by),
      taken,
    );
    rows.append(row);
    name();
    return what;
  };
  for (const each of kept.length ? kept : [{}]) add(each);
  const node = h(
    "fieldset",
    { hidden: true },
    h("legend", {}, t("conditions-title")),
    h("p", { class: "hint" }, t("conditions-hint")),
    rows,
    button(t("condition-add"), () => add().focus(), "small"),
  );
  const values = () =>
    all().map((row) => ({ text: within(row, "textarea").value.trim(), due: within(row, "input").value }));
  return { node, values };
}

/** A day of this browser's calendar, as date inputs write it. @param {Date} at */
const localDay = (at) =>
  [at.getFullYear(), String(at.getMonth() + 1).padStart(2, "0"), String(at.getDate()).padStart(2, "0")].join("-");
