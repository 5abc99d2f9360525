// Submit a proposal, or the next revision of one: the form from the policy, and who would have to approve it.

import { Offline, Problem, SignedOut, ask, send } from "../core/api.js";
import { announce, banner, button, clearErrors, field, h, prose, showErrors } from "../core/dom.js";
import { dropZone, sending, unreadable } from "../parts/files.js";
import { severalPeople } from "../parts/people.js";
import { Preview, amount } from "../parts/preview.js";
import { draft, remember, session, signInLink, whyOut } from "../core/session.js";
import { bytes, capital, moment, verdict } from "../core/words.js";

const TEXTS = ["title", "category", "department", "budget", "risk", "summary", "note"];

export async function submit({ signal }) {
  const kept = draft.read("submit");
  const start = kept ?? { key: crypto.randomUUID(), department: session.me.department };
  const form = new ProposalForm({
    start, signal, keep: "submit", kept: [], action: "Submit",
    post: (data, progress) => {
      data.delete("note");
      return send("/api/proposals", data, { headers: { "Idempotency-Key": start.key }, progress });
    },
  });
  return { title: "Submit a proposal", content: [
    h("h1", {}, "Submit a proposal"),
    kept ? h("p", { class: "note" }, "This is what you had begun. Documents must be chosen again. ", button("Start afresh", () => afresh("submit"), "small")) : null,
    form.node].filter(Boolean) };
}

function afresh(keep) {
  if (!confirm("Throw away what you wrote?")) return;
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
  const form = new ProposalForm({
    start: draft.read(keep) ?? { ...old, note: "" }, signal, keep, kept: revision.submission.documents, action: "Submit the revision",
    post: (body, progress) => {
      body.append("from_revision", number);
      return send(`/api/proposals/${id}/revisions`, body, { progress });
    },
  });
  const wishes = revision.stages.flatMap((stage) => stage.tasks).filter(({ task }) => task.state === "applied" && task.decision && verdict(task.decision.verdict).counts === "sends_back");
  return { title: `Revise ${old.title}`, content: [
    h("p", { class: "meta" }, `Revision ${number + 1}, by ${moment(data.proposal.revise_by)}`),
    h("h1", {}, `Revise “${old.title}”`),
    wishes.map(({ task }) => prose(task.decision.comment, "blockquote")),
    form.node].flat() };
}

class ProposalForm {
  /** `post(FormData, progress)` sends it; `kept` are documents of the revision before. */
  constructor({ start, signal, keep, kept, action, post }) {
    Object.assign(this, { start, signal, keep, kept, post, address: location.hash });
    this.answers = { ...start.fields };
    this.preparers = [...(start.prepared_by ?? [])];
    this.zones = new Map(); // by category: what was chosen for one is there again when it is chosen again
    this.preview = new Preview(signal);
    this.hint = h("p", { class: "hint", role: "status" });
    this.button = h("button", { type: "submit", class: "primary", form: "proposal" }, action);
    this.people = severalPeople("Prepared by", "Whoever helped to prepare it cannot approve it. Leave it empty if it was you alone.", this.preparers, () => this.changed());
    this.special = h("div", { class: "special" });
    this.form = this.build();
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.choose(this.form.elements.category.value);
    this.preview.show(this.values());
    // on a narrow screen who will approve is read before it is sent
    this.node = h("div", { class: "columns" }, h("div", { class: "column" }, this.form), h("div", { class: "side" }, this.preview.node),
      h("div", {}, h("p", { class: "final" }, "Approvers are asked as soon as the automatic checks are through."), this.hint, this.button));
  }

  build() {
    const { policy } = session;
    const { start } = this;
    const line = (name, options = {}) => h("input", { name, required: true, maxlength: 200, autocomplete: "off", value: start[name] ?? "", ...options });
    const area = (name, rows, required) => {
      const made = h("textarea", { name, rows, maxlength: 10000, required });
      made.value = start[name] ?? "";
      return made;
    };
    const choice = (name, options, onchange) => h("select", { name, required: true, onchange }, h("option", { value: "" }, "Choose…"),
      options.map(([value, label]) => h("option", { value, selected: start[name] === value }, label)));
    const same = (list) => list.map((each) => [each, capital(each)]);
    return h("form", { id: "proposal", novalidate: true },
      h("fieldset", {}, h("legend", {}, "The proposal"),
        field("Title", line("title")),
        field("Category", choice("category", policy.categories.map(({ id, title }) => [id, title]), (event) => this.choose(event.target.value))),
        h("div", { class: "row" },
          field("Department", choice("department", same(policy.departments))),
          field(`Budget in ${policy.currency}`, line("budget", { inputmode: "decimal", maxlength: 20 })),
          field("Risk", choice("risk", same(policy.risks)))),
        field("Summary", area("summary", 5, true), "What do you propose? Approvers read this first.")),
      this.special,
      h("fieldset", {}, h("legend", {}, "Who else"), this.people.node),
      this.keep === "submit" ? null : field("What changed", area("note", 3, false), "Approvers see this beside the new revision."));
  }

  /** The questions and documents of a category. */
  choose(category) {
    const found = session.policy.categories.find(({ id }) => id === category);
    if (!found) return this.special.replaceChildren();
    if (!this.zones.has(category)) {
      this.zones.set(category, found.documents.map((kind) => dropZone(kind, this.kept.filter((old) => old.kind === kind.id), session.policy.limits)));
    }
    const questions = found.fields.map((each) => this.question(each));
    return this.special.replaceChildren(...[
      questions.length ? h("fieldset", {}, h("legend", {}, "Questions"), questions) : null,
      h("fieldset", {}, h("legend", {}, "Documents"), this.zones.get(category).map(({ node }) => node))].filter(Boolean));
  }

  question({ id, title, required }) {
    const input = h("textarea", { name: `fields.${id}`, rows: 3, maxlength: 10000, required });
    input.value = this.answers[id] ?? "";
    input.addEventListener("input", () => (this.answers[id] = input.value));
    return field(title, input);
  }

  /** What is typed, as it is kept for this tab. */
  values() {
    const plain = Object.fromEntries(TEXTS.map((name) => [name, this.form.elements[name]?.value ?? ""]));
    return { key: this.start.key, ...plain, fields: { ...this.answers }, prepared_by: [...this.preparers] };
  }

  changed() {
    draft.keep(this.keep, this.values());
    this.preview.soon(this.values());
  }

  collect() {
    const values = this.values();
    const data = new FormData();
    for (const name of TEXTS) data.append(name, name === "budget" ? amount(values.budget).number : values[name].trim());
    for (const { name, value } of this.form.elements) if (name?.startsWith("fields.") && value.trim()) data.append(name, value.trim());
    for (const id of this.preparers) data.append("prepared_by", id);
    for (const zone of this.chosenZones()) {
      for (const file of zone.files()) data.append(`document:${zone.kind}`, file, file.name);
      for (const digest of zone.keeping()) data.append("keep", digest);
    }
    return data;
  }

  chosenZones() {
    return this.zones.get(this.form.elements.category.value) ?? [];
  }

  /** What the page can see by itself; the server says the same, and more. */
  complaint() {
    const { added, problem } = this.people.settle();
    if (added) {
      this.changed();
      return { message: `${added} is now among those who prepared it, and will not be asked. Look at who will approve, then submit.` };
    }
    const errors = [...this.form.elements].filter((each) => each.required && !each.value.trim()).map(({ name }) => ({ field: name, message: "is missing" }));
    const budget = this.form.elements.budget.value;
    if (budget.trim() && amount(budget).problem) errors.push({ field: "budget", message: amount(budget).problem });
    if (problem) errors.push({ field: "prepared_by", message: problem });
    for (const zone of this.chosenZones()) if (zone.problem()) errors.push({ field: `document:${zone.kind}`, message: zone.problem() });
    const tooMany = this.tooMany();
    if (tooMany) errors.push({ field: "documents", message: tooMany });
    return errors.length ? { message: "Nothing was sent yet.", errors } : null;
  }

  tooMany() {
    const { max_documents: most, max_total_bytes: limit } = session.policy.limits;
    const files = this.chosenZones().flatMap((zone) => zone.files());
    const count = files.length + this.chosenZones().flatMap((zone) => zone.keeping()).length;
    const total = files.reduce((sum, { size }) => sum + size, 0);
    if (count > most) return `${count} documents are more than the ${most} that are taken`;
    return total > limit ? `together they have ${bytes(total)}; at most ${bytes(limit)} are taken` : "";
  }

  async submit() {
    clearErrors(this.form);
    const missing = this.complaint();
    if (missing) return showErrors(this.form, missing);
    const gone = await this.unreadable();
    if (gone) return showErrors(this.form, gone);
    this.button.disabled = true;
    this.hint.textContent = "Sending…";
    const body = this.collect();
    this.form.inert = true; // what is typed now would not be sent
    try {
      const { data } = await this.post(body, (share) => (this.hint.textContent = sending(share)));
      this.preview.stop();
      draft.drop(this.keep);
      announce("Your proposal was received.");
      if (!this.signal.aborted) location.hash = `#/proposals/${data.proposal}`;
    } catch (error) {
      this.button.disabled = false;
      this.form.inert = false;
      this.hint.textContent = "";
      if (this.signal.aborted) this.failed(error);
      else this.refused(error);
    }
    return undefined;
  }

  async unreadable() {
    for (const zone of this.chosenZones()) {
      const gone = await unreadable(zone.files());
      if (gone) return { message: "Nothing was sent yet.", errors: [{ field: `document:${zone.kind}`, message: gone }] };
    }
    return null;
  }

  /** It failed when its writer had gone on: they must not believe that it was taken. */
  failed(error) {
    banner("failed", `Your proposal was not taken: ${error.message} What you wrote is kept.`,
      h("a", { class: "button", href: this.address, onclick: () => banner("failed", "") }, "Back to it"),
      button("Dismiss", () => banner("failed", "")));
  }

  refused(error) {
    if (error instanceof SignedOut) {
      banner("session", `${whyOut(error)} What you wrote is kept, but for the documents.`, signInLink(error));
    } else if (error instanceof Offline) {
      showErrors(this.form, { message: "The connection was lost, so it is not known whether your proposal arrived. Send it again: it is taken once." });
    } else if (error instanceof Problem && error.body.proposal) {
      const again = button("Send it as another proposal", () => {
        this.start.key = crypto.randomUUID();
        this.changed();
        this.submit();
      });
      showErrors(this.form, { message: "It was sent and taken before you changed it." }, h("p", { class: "row" },
        h("a", { class: "button", href: `#/proposals/${error.body.proposal}`, onclick: () => draft.drop(this.keep) }, "Open what was sent"), again));
    } else if (error instanceof Problem) showErrors(this.form, error);
    else throw error;
  }
}
