// Everything else that people do with a proposal: hand over, step back, ask, answer, withdraw, give evidence, confirm.

import { Offline, Problem, SignedOut, ask } from "./api.js";
import { announce, clearErrors, field, h, showErrors } from "./dom.js";
import { onePerson } from "./people.js";
import { nameOf } from "./session.js";
import { capital, due, moment, plural, urgency } from "./words.js";

/** A form that opens on demand. `send(form)` does the work; its success refreshes the view and says `done`. */
function move(title, parts, action, done, send, context) {
  const submit = h("button", { type: "submit" }, action);
  const form = h("form", { novalidate: true, "data-key": title }, parts, h("div", { class: "row" }, submit));
  form.addEventListener("input", () => (form.dataset.dirty = "yes"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    submit.disabled = true;
    try {
      await send(form);
      delete form.dataset.dirty;
      announce(done);
      await context.refresh("done", done);
    } catch (error) {
      submit.disabled = false;
      if (error instanceof SignedOut) context.signedOut();
      else if (error instanceof Problem && (error.status === 409 || error.status === 412)) await context.refresh("overtaken", error.message);
      else if (error instanceof Offline) showErrors(form, { message: "The connection was lost. Try again: it is done once." });
      else showErrors(form, error);
    }
  });
  return h("details", { class: "panel move" }, h("summary", {}, title), form);
}

const text = (name, required, rows = 3, maxlength = 1000) => h("textarea", { name, rows, maxlength, required });
const value = (form, name) => form.elements[name].value.trim();

export function taskMoves({ task, etag }, can, context) {
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}`;
  const headers = { "If-Match": etag };
  const moves = [];
  if (can.includes("ask")) {
    moves.push(move("Ask the author a question", [
      field("Question", text("text", true, 3, 4000), "It does not stop the clock: the deadline stays.")],
    "Ask", "Your question was sent.", (form) => ask(`${path}/question`, { body: { text: value(form, "text") }, headers }), context));
  }
  if (can.includes("hand_over")) moves.push(handOver("Hand over to somebody else", { task, etag }, context));
  if (can.includes("recuse")) {
    moves.push(move("Step back", [
      h("p", {}, "If you should not decide on this. The next in line is asked instead."),
      field("Why", text("reason", true))],
    "Step back", "You stepped back.", (form) => ask(`${path}/assignee`, { body: { recuse: true, reason: value(form, "reason") }, headers }), context));
  }
  return moves;
}

export function handOver(title, { task, etag }, context) {
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}/assignee`;
  const person = onePerson("To", "Whoever gets it decides instead, with a deadline of their own.", [task.assignee]);
  return move(title, [person.node, field("Why", text("reason", false))], "Hand over", "The task was handed over.", (form) => {
    let to;
    try {
      to = person.value();
    } catch (error) {
      throw Object.assign(error, { message: "Nothing was sent yet.", errors: [{ field: "to", message: error.message }] });
    }
    return ask(path, { body: { to, reason: value(form, "reason") }, headers: { "If-Match": etag } });
  }, context);
}

export function withdrawal(context) {
  return move("Withdraw the proposal", [
    h("p", {}, "It ends here, for everybody, and cannot be taken up again."),
    field("Why", text("reason", false, 3, 2000))],
  "Withdraw", "The proposal was withdrawn.", (form) => ask(`/api/proposals/${context.id}/withdrawal`, { body: { reason: value(form, "reason") } }), context);
}

export function publishAgain(context) {
  return move("Run the publication again", [h("p", {}, "The outcome stands; its record could not be published. Run it again when the cause is mended.")],
    "Run again", "The publication runs again.", () => ask(`/api/proposals/${context.id}/publication`, { body: {} }), context);
}

export function questions(list, can, context) {
  if (!list?.length) return null;
  return h("section", { "aria-labelledby": "questions" },
    h("h2", { id: "questions" }, "Questions to the author"),
    h("ul", { class: "cards" }, list.map((each) => h("li", { class: "card" },
      h("p", {}, h("strong", {}, capital(nameOf(each.asked_by))), " asked: ", h("span", { class: "text" }, each.text)),
      each.answer
        ? h("p", {}, h("strong", {}, capital(nameOf(each.answered_by))), " answered: ", h("span", { class: "text" }, each.answer))
        : can.includes("answer")
          ? move("Answer", [field("Your answer", text("text", true, 3, 4000))], "Send the answer", "Your answer was sent.",
              (form) => ask(`/api/proposals/${context.id}/questions/${each.id}/answer`, { body: { text: value(form, "text") } }), context)
          : h("p", { class: "quiet" }, "Not answered yet.")))));
}

const CONDITIONS = { open: ["busy", "Evidence is waited for"], evidence: ["busy", "To be confirmed"], met: ["good", "Met"], confirmed: ["good", "Met"], lapsed: ["quiet", "Not met in time"] };

export function conditions(list, can, context, files) {
  if (!list.length) return null;
  return h("section", { "aria-labelledby": "conditions" },
    h("h2", { id: "conditions" }, "Conditions"),
    h("ul", { class: "cards" }, list.map((view) => condition(view, can, context, files))));
}

function condition({ file, you_may_confirm: mayConfirm }, can, context, files) {
  const [kind, state] = CONDITIONS[file.state] ?? ["quiet", capital(file.state)];
  const open = file.state === "open" || file.state === "evidence";
  const path = `/api/proposals/${context.id}/evidence`;
  const about = file.condition;
  return h("li", { class: "card" },
    h("p", {}, h("span", { class: "text" }, about.text), h("span", { class: `badge ${kind}` }, state)),
    h("p", { class: "meta" }, `Set by ${nameOf(about.set_by)}, `, h("span", { class: `due ${open ? urgency(about.due_at) : ""}` }, open ? due(about.due_at) : `due ${moment(about.due_at)}`)),
    file.evidence.map((each) => h("div", { class: "evidence" },
      h("p", {}, `${capital(nameOf(each.by))} on ${moment(each.at)}: `, h("span", { class: "text" }, each.note || plural(each.documents.length, "document"))),
      each.documents.length ? files(each.documents) : null)),
    file.refused ? h("p", { class: "note warn text" }, `Not enough yet: ${file.refused}`) : null,
    open && can.includes("give_evidence") ? give(about, path, context) : null,
    open && can.includes("confirm") && mayConfirm ? judge(about, path, context) : null);
}

function give(about, path, context) {
  const note = text("note", false, 3, 4000);
  const file = h("input", { type: "file", multiple: true, name: "document:evidence" });
  return move("Give evidence", [field("What shows it", note), field("Documents", file)], "Send", "Your evidence was sent.", () => {
    const form = new FormData();
    form.append("condition", about.id);
    form.append("action", "give");
    form.append("note", note.value);
    for (const each of file.files) form.append("document:evidence", each);
    return ask(path, { form });
  }, context);
}

function judge(about, path, context) {
  const confirm = move("Confirm that it is met", [h("p", {}, "When all conditions are met, the proposal is approved. This cannot be undone.")],
    "Confirm", "The condition is confirmed.", () => ask(path, { body: { condition: about.id, action: "confirm" } }), context);
  const refuse = move("Say what is missing", [field("What is missing", text("note", true, 3, 4000))],
    "Send", "The author was told.", (form) => ask(path, { body: { condition: about.id, action: "refuse", note: value(form, "note") } }), context);
  return [confirm, refuse];
}
