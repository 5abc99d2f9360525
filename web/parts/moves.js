// Everything else that people do with a proposal: hand over, step back, ask, answer, withdraw, give evidence, confirm.

import { Offline, Problem, SignedOut, ask, send } from "../core/api.js";
import { announce, clearErrors, field, h, prose, showErrors } from "../core/dom.js";
import { sending, unreadable } from "./files.js";
import { onePerson } from "./people.js";
import { draft, nameOf, session } from "../core/session.js";
import { bytes, capital, deadline, moment, plural } from "../core/words.js";

/**
 * A form that opens on demand; what is typed into it is kept. `work(form)` sends it, then the view is read again.
 * Throws what `ask` throws, or an Error with `errors`.
 */
function move(name, title, parts, action, done, work, context) {
  const key = `${context.id}-r${context.picture.proposal.revision}-${name}`;
  const submit = h("button", { type: "submit" }, action);
  const hint = h("p", { class: "hint", role: "status" });
  const form = h("form", { novalidate: true }, parts, hint, h("div", { class: "row" }, submit));
  const kept = draft.read(key);
  for (const [field_, text] of Object.entries(kept ?? {})) if (form.elements[field_]) form.elements[field_].value = text;
  if (kept) form.dataset.dirty = "yes";
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    draft.keep(key, written(form));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    submit.disabled = true;
    hint.textContent = "Sending…";
    try {
      await work(form, (share) => (hint.textContent = sending(share)));
    } catch (error) {
      submit.disabled = false;
      hint.textContent = "";
      return refused(error);
    }
    delete form.dataset.dirty;
    draft.drop(key);
    announce(done);
    return context.refresh(done);
  });
  function refused(error) {
    if (error instanceof SignedOut) return context.signedOut(error);
    if (context.signal.aborted) return context.failed(error.message);
    if (error instanceof Problem && (error.status === 409 || error.status === 412)) return context.overtaken(error.message, Object.values(written(form)).join("\n"));
    return showErrors(form, error instanceof Offline ? { message: "The connection was lost. Try again: it is done once." } : error);
  }
  return h("details", { class: "panel move", open: Boolean(kept) }, h("summary", {}, title), form);
}

const written = (form) => Object.fromEntries([...form.elements].filter(({ name, type, value }) => name && type !== "file" && value).map(({ name, value }) => [name, value]));
const text = (name, required, rows = 3, maxlength = 1000) => h("textarea", { name, rows, maxlength, required });
const value = (form, name) => form.elements[name].value.trim();
const complaint = (...errors) => Object.assign(new Error("Nothing was sent yet."), { errors });

/** The moves of a task of mine: [key, make] each. */
export function taskMoves({ task, etag }, can, context) {
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}`;
  const headers = { "If-Match": etag };
  const moves = [];
  if (can.includes("ask")) {
    moves.push([`ask-${task.task}`, () => move(`ask-${task.task}`, "Ask the author a question",
      [field("Question", text("text", true, 3, 4000), "It does not stop the clock: the deadline stays.")],
      "Ask", "Your question was sent.", (form) => ask(`${path}/question`, { body: { text: value(form, "text") }, headers }), context)]);
  }
  if (can.includes("hand_over")) moves.push([`hand-${task.task}`, () => handOver("Hand over to somebody else", { task, etag }, context)]);
  if (can.includes("recuse")) {
    moves.push([`recuse-${task.task}`, () => move(`recuse-${task.task}`, "Step back", [
      h("p", {}, "If you should not decide on this. The next in line is asked instead."),
      field("Why", text("reason", true))],
    "Step back", "You stepped back.", (form) => ask(`${path}/assignee`, { body: { recuse: true, reason: value(form, "reason") }, headers }), context)]);
  }
  return moves;
}

export function handOver(title, { task, etag }, context) {
  const path = `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}/assignee`;
  const person = onePerson("To", "Whoever gets it decides instead.", [task.assignee]);
  return move(`hand-${task.task}`, title, [person.node, field("Why", text("reason", false))], "Hand over", "The task was handed over.", (form) => {
    const { id, problem } = person.chosen();
    if (problem) throw complaint({ field: "to", message: problem });
    return ask(path, { body: { to: id, reason: value(form, "reason") }, headers: { "If-Match": etag } });
  }, context);
}

export function withdrawal(context) {
  return move("withdraw", "Withdraw the proposal", [
    h("p", {}, "It ends here, for everybody, and cannot be taken up again."),
    field("Why", text("reason", false, 3, 2000))],
  "Withdraw", "The proposal was withdrawn.", (form) => ask(`/api/proposals/${context.id}/withdrawal`, { body: { reason: value(form, "reason") } }), context);
}

export function publishAgain(context) {
  return move("publish", "Run the publication again", [h("p", {}, "The outcome stands; its record could not be published. Run it again when the cause is mended.")],
    "Run again", "The publication runs again.", () => ask(`/api/proposals/${context.id}/publication`, { body: {} }), context);
}

/** A question to the author, with its answer or the form for it. */
export function question(each, mayAnswer, context) {
  const about = h("p", {}, h("strong", {}, capital(nameOf(each.asked_by))), " asked: ", h("span", { class: "text" }, each.text));
  if (each.answer) return h("article", { class: "card" }, about, h("p", {}, h("strong", {}, capital(nameOf(each.answered_by))), " answered: ", h("span", { class: "text" }, each.answer)));
  const form = () => move(`answer-${each.id}`, "Answer", [field("Your answer", text("text", true, 3, 4000))], "Send the answer", "Your answer was sent.",
    (sent) => ask(`/api/proposals/${context.id}/questions/${each.id}/answer`, { body: { text: value(sent, "text") } }), context);
  return h("article", { class: "card" }, about, mayAnswer ? form() : h("p", { class: "quiet" }, "Not answered yet."));
}

const CONDITIONS = { open: ["busy", "Evidence is waited for"], evidence: ["busy", "To be confirmed"], confirmed: ["good", "Met"], lapsed: ["quiet", "Not met in time"] };

export function condition({ file, you_may_confirm: mayConfirm }, can, context, files) {
  const [kind, state] = CONDITIONS[file.state];
  const open = file.state === "open" || file.state === "evidence";
  const path = `/api/proposals/${context.id}/evidence`;
  const about = file.condition;
  return h("article", { class: "card" },
    h("p", {}, h("span", { class: "text" }, about.text), h("span", { class: `badge ${kind}` }, state)),
    h("p", { class: "meta" }, `Set by ${nameOf(about.set_by)}`, open ? deadline(about.due_at) : h("span", {}, `was due ${moment(about.due_at)}`)),
    file.evidence.map((each) => h("div", { class: "evidence" },
      h("p", {}, `${capital(nameOf(each.by))} on ${moment(each.at)}${each.note ? ": " : ""}`, h("span", { class: "text" }, each.note)),
      each.documents.length ? files(each.documents) : null)),
    file.refused ? h("div", { class: "note warn" }, "Not enough yet: ", prose(file.refused, "span")) : null,
    open && can.includes("give_evidence") ? give(about, path, context) : null,
    open && can.includes("confirm") && mayConfirm ? judge(about, path, context) : null);
}

function give(about, path, context) {
  const note = text("note", false, 3, 4000);
  const limit = session.policy.limits.max_document_bytes;
  const file = h("input", { type: "file", multiple: true, name: "documents" });
  const parts = [field("What shows it", note), field("Documents", file, `Up to ${bytes(limit)} each.`)];
  return move(`give-${about.id}`, "Give evidence", parts, "Send", "Your evidence was sent.", async (_, progress) => {
    const large = [...file.files].find(({ size }) => size > limit);
    if (large) throw complaint({ field: "documents", message: `${large.name} has ${bytes(large.size)}; at most ${bytes(limit)} are taken` });
    const gone = await unreadable(file.files);
    if (gone) throw complaint({ field: "documents", message: gone });
    if (!note.value.trim() && !file.files.length) throw complaint({ field: "note", message: "say what shows it, or choose a document" });
    const form = new FormData();
    form.append("condition", about.id);
    form.append("action", "give");
    form.append("note", note.value.trim());
    for (const each of file.files) form.append("document:evidence", each);
    return send(path, form, { progress });
  }, context);
}

function judge(about, path, context) {
  const confirm = move(`confirm-${about.id}`, "Confirm that it is met", [h("p", {}, "When all conditions are met, the proposal is approved. This cannot be undone.")],
    "Confirm", "The condition is confirmed.", () => ask(path, { body: { condition: about.id, action: "confirm" } }), context);
  const refuse = move(`refuse-${about.id}`, "Say what is missing", [field("What is missing", text("note", true, 3, 4000))],
    "Send", "The author was told.", (form) => ask(path, { body: { condition: about.id, action: "refuse", note: value(form, "note") } }), context);
  return [confirm, refuse];
}

/** Messages that somebody should have and has not. */
export function undelivered(list) {
  return h("div", { class: "note warn" }, h("p", {}, `${plural(list.length, "message")} could not be delivered yet; it is tried again:`),
    h("ul", {}, list.map((each) => h("li", {}, `${capital(nameOf(each.to))}: ${each.subject}`))));
}
