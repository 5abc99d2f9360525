// The decision: chosen, said that it cannot be undone, sent, recorded, applied. Nothing is shown before it is true.

import { Offline, Problem, SignedOut, ask } from "../core/api.js";
import { announce, button, clearErrors, field, freshId, h, showErrors } from "../core/dom.js";
import { draft, now } from "../core/session.js";
import { because, deadline, verdict as rule } from "../core/words.js";

const DAY = 86_400_000;
const LONGEST = 3650 * DAY; // the server takes no condition that is due later

/** The panel for one open task of mine. `context` is the proposal view's. */
export function decisionPanel({ task, etag }, verdicts, context) {
  const key = `${task.proposal}-r${task.revision}-${task.task}`;
  const kept = draft.read(key) ?? {};
  const comment = h("textarea", { name: "comment", rows: 4, maxlength: 4000 });
  comment.value = kept.comment ?? "";
  const reason = field("Comment", comment, "Everybody who sees the proposal can read it.");
  const conditions = conditionList(kept.conditions ?? []);
  const send = h("button", { type: "submit", class: "primary" }, "Choose a decision");
  const hint = h("p", { class: "hint", role: "status" });
  const title = freshId("decision");
  const form = h("form", { class: "panel decide", novalidate: true, "aria-labelledby": title },
    h("h2", { id: title, tabindex: "-1" }, "Your decision"),
    h("p", {}, `You are asked because: ${because(task.why)}.`),
    deadline(task.due_at, "p"),
    h("fieldset", {}, h("legend", {}, "Decision"), verdicts.map((verdict) => choice(verdict, kept.verdict === verdict))),
    reason,
    conditions.node,
    h("p", { class: "final" }, "Once recorded, a decision cannot be undone."),
    hint,
    h("div", { class: "row" }, send));

  const values = () => ({ verdict: form.elements.verdict.value, comment: comment.value, conditions: conditions.values() });
  const update = () => {
    const { verdict } = values();
    const chosen = verdict ? rule(verdict) : null;
    send.textContent = chosen?.act ?? "Choose a decision";
    send.classList.toggle("danger", chosen?.counts === "against");
    conditions.node.hidden = !chosen?.takes_conditions;
    comment.required = Boolean(chosen?.comment_required);
    reason.querySelector("label").replaceChildren("Comment", comment.required ? h("span", { class: "required" }, " (required)") : "");
  };
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    update();
    draft.keep(key, values());
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
    let receipt;
    try {
      receipt = (await post(task, etag, chosen)).data;
    } catch (error) {
      send.disabled = false;
      hint.textContent = "";
      return refused(error, chosen);
    }
    delete form.dataset.dirty;
    draft.drop(key);
    announce("Your decision is recorded. It is about to be applied.");
    context.recorded(task.task, receipt);
  }

  function refused(error, { comment: said, conditions: wanted }) {
    if (error instanceof SignedOut) return context.signedOut(error);
    if (context.signal.aborted) return context.failed(error.message);
    if (error instanceof Offline) {
      showErrors(form, { message: "The connection was lost, so it is not known whether your decision arrived. Send it again: it is counted once." });
      send.textContent = "Send again";
      return undefined;
    }
    if (!(error instanceof Problem)) throw error;
    if (error.status === 409 || error.status === 412) return context.overtaken(error.message, [said, ...wanted.map(({ text }) => text)].filter(Boolean).join("\n\n"));
    return showErrors(form, error);
  }

  return form;
}

function choice(verdict, checked) {
  const radio = h("input", { type: "radio", name: "verdict", value: verdict, id: freshId(verdict), required: true, checked });
  const help = h("p", { class: "hint", id: freshId("consequence") }, rule(verdict).consequence);
  radio.setAttribute("aria-describedby", help.id);
  return h("div", { class: "choice" }, radio, h("label", { for: radio.id }, rule(verdict).title), help);
}

function post(task, etag, { verdict, comment, conditions }) {
  const body = { verdict, comment };
  if (rule(verdict).takes_conditions) body.conditions = conditions.map(({ text, due }) => ({ text, due: endOf(due).toISOString() }));
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}/decision`;
  return ask(path, { body, headers: { "If-Match": etag } });
}

/** A day's working time is over at five. */
const endOf = (day) => new Date(`${day}T17:00`);

/** What is missing before anything is sent; the server says the same. */
function complaint({ verdict, comment, conditions }) {
  const errors = [];
  if (!verdict) errors.push({ field: "verdict", message: "choose one" });
  if (verdict && rule(verdict).comment_required && !comment.trim()) errors.push({ field: "comment", message: "say why: the author needs it to go on" });
  if (!verdict || !rule(verdict).takes_conditions) return errors.length ? { message: "Nothing was sent yet.", errors } : null;
  conditions.forEach(({ text, due }, row) => {
    if (!text) errors.push({ field: `conditions[${row}].text`, message: "say what must be shown" });
    if (!/^\d{4}-\d\d-\d\d$/.test(due) || !(endOf(due) > now())) errors.push({ field: `conditions[${row}].due`, message: "choose a day that is still to come" });
  });
  return errors.length ? { message: "Nothing was sent yet.", errors } : null;
}

function conditionList(kept) {
  const rows = h("div", {});
  const name = () => [...rows.children].forEach((row, index) => {
    row.querySelector("textarea").name = `conditions[${index}].text`;
    row.querySelector("input").name = `conditions[${index}].due`;
  });
  const soon = localDay(new Date(now().getTime() + 14 * DAY));
  const add = ({ text = "", due = soon } = {}) => {
    const what = h("textarea", { rows: 2, maxlength: 1000, required: true });
    what.value = text;
    const by = h("input", { type: "date", required: true, value: due, min: localDay(now()), max: localDay(new Date(now().getTime() + LONGEST)) });
    const remove = () => {
      const before = row.previousElementSibling;
      row.remove();
      name();
      before.querySelector("textarea").focus();
    };
    const row = h("div", { class: "condition" }, field("What must be shown", what), field("By", by),
      rows.children.length ? button("Remove this condition", remove, "small") : null);
    rows.append(row);
    name();
    return what;
  };
  (kept.length ? kept : [{}]).forEach(add);
  const node = h("fieldset", { hidden: true }, h("legend", {}, "Conditions"),
    h("p", { class: "hint" }, "The proposal is approved when you, or the role that the policy names, confirm each. If one is not met in time, it lapses."),
    rows, button("Another condition", () => add().focus(), "small"));
  const values = () => [...rows.children].map((row) => ({ text: row.querySelector("textarea").value.trim(), due: row.querySelector("input").value }));
  return { node, values };
}

/** A day of this browser's calendar, as date inputs write it. */
const localDay = (at) => `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;
