// The decision: chosen, said that it cannot be undone, sent, recorded, applied. Nothing is shown before it is true.

import { Offline, Problem, SignedOut, ask } from "./api.js";
import { announce, button, clearErrors, field, freshId, h, showErrors } from "./dom.js";
import { draft, now } from "./session.js";
import { VERDICTS, because, capital, due, moment, urgency } from "./words.js";

const CONFIRM = {
  approve: "Record approval",
  approve_with_conditions: "Record approval on conditions",
  request_changes: "Record request for changes",
  reject: "Record rejection",
};
const DAY = 86_400_000;

/** The panel for one open task of mine. `context` has {id, refresh, signedOut}. */
export function decisionPanel({ task, etag }, verdicts, context) {
  const key = `${task.proposal}-r${task.revision}-${task.task}`;
  const kept = draft.read(key) ?? {};
  const comment = h("textarea", { name: "comment", rows: 4, maxlength: 4000 });
  comment.value = kept.comment ?? "";
  const conditions = conditionList(kept.conditions ?? []);
  const send = h("button", { type: "submit", class: "primary" }, "Choose a decision");
  const hint = h("p", { class: "hint", role: "status" });
  const group = freshId("verdict");
  const radios = verdicts.map((verdict) => {
    const radio = h("input", { type: "radio", name: "verdict", value: verdict, id: `${group}-${verdict}`, required: true, checked: kept.verdict === verdict });
    return h("div", { class: "choice" }, radio, h("label", { for: radio.id }, VERDICTS[verdict]));
  });
  const form = h("form", { class: "panel decide", novalidate: true, "aria-labelledby": group, "data-key": key },
    h("h2", { id: group }, "Your decision"),
    h("p", {}, `You are asked because: ${because(task.why)}.`),
    h("p", { class: `due ${urgency(task.due_at)}`, title: moment(task.due_at) }, capital(due(task.due_at))),
    h("fieldset", {}, h("legend", {}, "Decision"), radios),
    field("Comment", comment, "Everybody who sees the proposal can read it. Needed unless you approve."),
    conditions.node,
    h("p", { class: "final" }, "Once recorded, a decision cannot be undone."),
    hint,
    h("div", { class: "row" }, send));

  const values = () => {
    const verdict = form.elements.verdict.value;
    return { verdict, comment: comment.value, conditions: verdict === "approve_with_conditions" ? conditions.values() : [] };
  };
  const update = () => {
    const { verdict } = values();
    send.textContent = CONFIRM[verdict] ?? "Choose a decision";
    send.classList.toggle("danger", verdict === "reject");
    conditions.node.hidden = verdict !== "approve_with_conditions";
    if (form.dataset.dirty) draft.keep(key, values());
  };
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    update();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  update();
  if (kept.verdict || kept.comment) form.dataset.dirty = "yes";

  async function submit() {
    clearErrors(form);
    const chosen = values();
    const missing = complaint(chosen);
    if (missing) return showErrors(form, missing);
    send.disabled = true;
    hint.textContent = "Sending…";
    try {
      await post(task, etag, chosen);
      delete form.dataset.dirty;
      draft.drop(key);
      announce("Your decision is recorded. It is about to be applied.");
      await context.refresh("decided");
    } catch (error) {
      send.disabled = false;
      hint.textContent = "";
      await refused(error);
    }
  }

  async function refused(error) {
    if (error instanceof SignedOut) return context.signedOut();
    if (error instanceof Offline) {
      showErrors(form, { message: "The connection was lost, so it is not known whether your decision arrived. Send it again: it is counted once." });
      send.textContent = "Send again";
      return;
    }
    if (!(error instanceof Problem)) throw error;
    if (error.status === 409 || error.status === 412) return context.refresh("overtaken", error.message);
    showErrors(form, error);
  }

  return form;
}

function post(task, etag, { verdict, comment, conditions }) {
  const body = { verdict, comment };
  if (verdict === "approve_with_conditions") body.conditions = conditions.map(({ text, due }) => ({ text, due: new Date(`${due}T17:00`).toISOString() }));
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}/decision`;
  return ask(path, { body, headers: { "If-Match": etag } });
}

/** What is missing before anything is sent; the server says the same. */
function complaint({ verdict, comment, conditions }) {
  const errors = [];
  if (!verdict) errors.push({ field: "verdict", message: "choose one" });
  if (verdict && verdict !== "approve" && !comment.trim()) errors.push({ field: "comment", message: "say why: the author needs it to go on" });
  if (verdict === "approve_with_conditions" && !conditions.length) errors.push({ field: "condition", message: "name at least one condition" });
  conditions.forEach(({ text, due }) => (!text || !due) && errors.push({ field: text ? "due" : "condition", message: "say what must be shown, and by when" }));
  return errors.length ? { message: "Nothing was sent yet.", errors } : null;
}

function conditionList(kept) {
  const rows = h("div", {});
  const soon = new Date(now().getTime() + 14 * DAY).toISOString().slice(0, 10);
  const add = ({ text = "", due: date = soon } = {}) => {
    const what = h("textarea", { name: "condition", rows: 2, maxlength: 1000, required: true });
    what.value = text;
    const by = h("input", { type: "date", name: "due", required: true, value: date, min: now().toISOString().slice(0, 10) });
    const row = h("div", { class: "condition" }, field("What must be shown", what), field("By", by),
      rows.children.length ? button("Remove this condition", () => row.remove(), "small") : null);
    rows.append(row);
  };
  (kept.length ? kept : [{}]).forEach(add);
  const node = h("fieldset", { hidden: true }, h("legend", {}, "Conditions"),
    h("p", { class: "hint" }, "The proposal is approved when you, or the role that the policy names, confirm each. If one is not met in time, it lapses."),
    rows, button("Another condition", () => add({ due: soon }), "small"));
  const values = () => [...rows.children].map((row) => ({ text: row.querySelector("textarea").value.trim(), due: row.querySelector("input").value }));
  return { node, values };
}
