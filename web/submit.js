// Submit a proposal, or the next revision of one: the form from the policy, and who would have to approve it.

import { Offline, Problem, SignedOut, ask } from "./api.js";
import { announce, banner, button, clearErrors, field, h, showErrors } from "./dom.js";
import { severalPeople } from "./people.js";
import { draft, remember, session, signInLink } from "./session.js";
import { bytes, capital, moment, plural } from "./words.js";

const PAUSE = 600; // milliseconds without a keystroke before the preview is asked

export async function submit({ signal }) {
  const kept = draft.read("submit");
  const start = kept ?? { key: crypto.randomUUID(), department: session.me.department, prepared_by: [], fields: {} };
  const form = proposalForm({ start, signal, keep: "submit", kept: [], post: (data) => {
    data.delete("note");
    return ask("/api/proposals", { form: data, headers: { "Idempotency-Key": start.key } });
  } });
  return { title: "Submit a proposal", content: [
    h("h1", {}, "Submit a proposal"),
    kept ? h("p", { class: "note" }, "This is what you had begun. ", button("Start afresh", () => afresh("submit"), "small")) : null,
    form].filter(Boolean) };
}

function afresh(keep) {
  draft.drop(keep);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export async function revise({ id, signal }) {
  const { data } = await ask(`/api/proposals/${id}`, { signal });
  remember(data.people);
  if (!data.can.includes("revise")) throw new Problem(409, { detail: "This proposal does not wait for a revision of yours." });
  const revision = data.revisions.at(-1);
  const number = revision.submission.revision;
  const keep = `revise-${id}-${number}`;
  const old = revision.submission.draft;
  const start = draft.read(keep) ?? { ...old, prepared_by: [...old.prepared_by], note: "" };
  const form = proposalForm({ start, signal, keep, kept: revision.submission.documents, post: (body) => {
    body.append("from_revision", number);
    return ask(`/api/proposals/${id}/revisions`, { form: body });
  } });
  const wishes = revision.stages.flatMap((stage) => stage.tasks).filter(({ task }) => task.state === "applied" && task.decision?.verdict === "request_changes");
  return { title: `Revise ${old.title}`, content: [
    h("p", { class: "meta" }, `Revision ${number + 1}, by ${moment(data.proposal.revise_by)}`),
    h("h1", {}, `Revise “${old.title}”`),
    wishes.map(({ task }) => h("blockquote", { class: "text" }, task.decision.comment)),
    form].flat() };
}

function proposalForm({ start, signal, keep, kept, post }) {
  const { policy } = session;
  const text = (name, options = {}) => h("input", { name, required: true, maxlength: 200, autocomplete: "off", value: start[name] ?? "", ...options });
  const choose = (name, options) => h("select", { name, required: true }, h("option", { value: "" }, "Choose…"),
    options.map(([value, label]) => h("option", { value, selected: start[name] === value }, label)));
  const category = choose("category", policy.categories.map(({ id, title }) => [id, title]));
  const summary = h("textarea", { name: "summary", rows: 5, maxlength: 10000, required: true });
  summary.value = start.summary ?? "";
  const note = h("textarea", { name: "note", rows: 3, maxlength: 10000 });
  note.value = start.note ?? "";
  const people = start.prepared_by;
  const special = h("div", {});
  const preview = h("section", { class: "panel preview", "aria-live": "polite", "aria-labelledby": "preview" });
  const send = h("button", { type: "submit", class: "primary", form: "proposal" }, kept.length || start.from ? "Submit the revision" : "Submit");
  const hint = h("p", { class: "hint", role: "status" });
  const drops = new Map();

  const form = h("form", { id: "proposal", novalidate: true },
    h("fieldset", {}, h("legend", {}, "The proposal"),
      field("Title", text("title")),
      field("Category", category),
      h("div", { class: "row" },
        field("Department", choose("department", policy.departments.map((each) => [each, capital(each)]))),
        field(`Budget in ${policy.currency}`, text("budget", { inputmode: "decimal", maxlength: 15 })),
        field("Risk", choose("risk", policy.risks.map((each) => [each, capital(each)])))),
      field("Summary", summary, "What do you propose? Approvers read this first.")),
    special,
    h("fieldset", {}, h("legend", {}, "Who else"),
      severalPeople("Prepared by", "Whoever helped to prepare it cannot approve it. Leave it empty if it was you alone.", people, () => changed())),
    keep === "submit" ? null : field("What changed", note, "Approvers see this beside the new revision."));

  function special_for(chosen) {
    const found = policy.categories.find(({ id }) => id === chosen);
    drops.clear();
    special.replaceChildren(...(found ? [
      found.fields.length ? h("fieldset", {}, h("legend", {}, "Questions"), found.fields.map((each) => question(each, start.fields?.[each.id]))) : null,
      h("fieldset", {}, h("legend", {}, "Documents"), found.documents.map((each) => {
        const drop = dropZone(each, kept.filter((old) => old.kind === each.id), policy.limits);
        drops.set(each.id, drop);
        return drop.node;
      }))].filter(Boolean) : []));
  }

  /** What is typed, as it is kept for this tab. */
  function values() {
    const plain = Object.fromEntries(["title", "category", "department", "budget", "risk", "summary", "note"].map((name) => [name, form.elements[name]?.value ?? ""]));
    const fields = Object.fromEntries([...form.elements].filter(({ name }) => name?.startsWith("fields.")).map(({ name, value }) => [name.slice(7), value]));
    return { ...start, ...plain, fields: { ...start.fields, ...fields }, prepared_by: [...people] };
  }

  let pending;
  function changed() {
    draft.keep(keep, values());
    clearTimeout(pending);
    pending = setTimeout(() => show_preview(preview, values(), signal), PAUSE);
  }

  function collect() {
    const now = values();
    const data = new FormData();
    for (const name of ["title", "category", "department", "budget", "risk", "summary", "note"]) data.append(name, amount(name, now[name].trim()));
    for (const { name, value } of form.elements) if (name?.startsWith("fields.") && value.trim()) data.append(name, value.trim());
    for (const id of people) data.append("prepared_by", id);
    for (const [kind, drop] of drops) {
      for (const file of drop.files()) data.append(`document:${kind}`, file, file.name);
      for (const digest of drop.keeping()) data.append("keep", digest);
    }
    return data;
  }

  category.addEventListener("change", () => special_for(category.value));
  form.addEventListener("input", changed);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    const missing = complaint(form, drops);
    if (missing) return showErrors(form, missing);
    send.disabled = true;
    hint.textContent = "Sending…";
    try {
      const { data } = await post(collect());
      clearTimeout(pending);
      draft.drop(keep);
      announce("Your proposal was received.");
      location.hash = `#/proposals/${data.proposal}`;
    } catch (error) {
      send.disabled = false;
      hint.textContent = "";
      if (error instanceof SignedOut) banner("You are signed out. What you wrote is kept (choose the documents again): sign in, then send it.", signInLink());
      else if (error instanceof Offline) showErrors(form, { message: "The connection was lost, so it is not known whether your proposal arrived. Send it again: it is taken once." });
      else showErrors(form, error);
    }
  });
  special_for(category.value);
  show_preview(preview, values(), signal);
  // on a narrow screen who will approve is read before it is sent
  return h("div", { class: "columns" }, h("div", { class: "column" }, form), h("div", { class: "side" }, preview),
    h("div", {}, h("p", { class: "final" }, "Approvers are asked as soon as the automatic checks are through."), hint, send));
}

const amount = (name, text) => (name === "budget" ? text.replace(/[\s’']/g, "").replace(/,(?=\d{1,2}$)/, ".").replace(/,/g, "") : text);

function question({ id, title, required }, value) {
  const input = h("textarea", { name: `fields.${id}`, rows: 3, maxlength: 10000, required });
  input.value = value ?? "";
  return field(title, input);
}

/** What the page can see by itself; the server says the same, and more. */
function complaint(form, drops) {
  const errors = [...form.elements].filter((each) => each.required && !each.value.trim()).map(({ name }) => ({ field: name, message: "is missing" }));
  for (const [kind, drop] of drops) if (drop.problem()) errors.push({ field: `document:${kind}`, message: drop.problem() });
  return errors.length ? { message: "Nothing was sent yet.", errors } : null;
}

/** Documents of one kind: chosen or dropped; those of the revision before are kept unless taken out. */
function dropZone(kind, old, limits) {
  const chosen = [];
  const kept = [...old];
  const input = h("input", { type: "file", multiple: true, name: `document:${kind.id}`, accept: kind.types.join(",") });
  const list = h("ul", { class: "files" });
  const limit = Math.min(kind.max_bytes ?? Infinity, limits.max_document_bytes);
  const row = (name, size, from) => h("li", {}, name, h("span", { class: "meta" }, bytes(size)), button("Remove", () => {
    from.splice(from.findIndex((each) => each.name === name), 1);
    draw();
  }, "small", name));
  const draw = () => list.replaceChildren(...kept.map(({ name, size }) => row(name, size, kept)), ...chosen.map(({ name, size }) => row(name, size, chosen)));
  const take = (files) => {
    chosen.push(...files);
    draw();
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  const zone = h("div", { class: "drop" }, field(kind.title, input, `${kind.required ? "Needed. " : ""}Up to ${bytes(limit)} each; choose files or drop them here.`), list);
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take(event.dataTransfer.files);
  });
  draw();
  const problem = () => {
    const large = chosen.find(({ size }) => size > limit);
    if (large) return `${large.name} has ${bytes(large.size)}; at most ${bytes(limit)} are taken`;
    return kind.required && !chosen.length && !kept.length ? "is missing" : "";
  };
  return { node: zone, files: () => chosen, keeping: () => kept.map(({ sha256 }) => sha256), problem };
}

/** "Will need: Ben Okafor, then any 2 of the board, about 6 working days." */
async function show_preview(place, values, signal) {
  const title = h("h2", { id: "preview" }, "Who will approve");
  if (!values.category || !values.department || !values.risk || !values.budget) {
    return place.replaceChildren(title, h("p", { class: "quiet" }, "Choose category, department, budget and risk to see who will be asked."));
  }
  const body = { category: values.category, department: values.department, budget: amount("budget", values.budget), risk: values.risk,
    prepared_by: values.prepared_by, title: values.title.trim() || "Preview", summary: values.summary.trim() || "Preview" };
  try {
    const { data } = await ask("/api/policy/preview", { body, signal });
    place.replaceChildren(title,
      h("ol", { class: "way" }, data.stages.map((stage) => h("li", {}, h("strong", {}, stage.title), h("span", {}, `${capital(stage.need)}`), h("span", { class: "meta" }, `by ${moment(stage.due_at)} at the latest`)))),
      h("p", {}, `At most ${plural(data.working_days, "working day")}, if everybody answers in time.`),
      h("p", { class: "meta" }, `Because ${data.why}.`));
  } catch (error) {
    if (signal.aborted) return;
    const errors = (error.errors ?? []).map(({ field: name, message }) => h("li", {}, `${capital(name)} ${message}`));
    place.replaceChildren(title, h("p", { class: "quiet" }, errors.length ? "Not yet:" : error.message), errors.length ? h("ul", {}, errors) : "");
  }
}
