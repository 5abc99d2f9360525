// Submit a proposal, or the next revision of one: the form from the policy, and who would have to approve it.

/** @import { CategoryForm, Document, FieldError, FieldForm, ProposalView, RevisionView } from "../core/schemas.js" */
/** @import { DropZone } from "../parts/files.js" */

import { amount } from "../core/amount.js";
import { ask, Offline, Problem, SignedOut, send } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { announce, banner, button, h, prose } from "../core/dom.js";
import { draft } from "../core/drafts.js";
import { bytes, capital, moment } from "../core/format.js";
import { clearErrors, complaint, control, field, inputsOf, showErrors } from "../core/forms.js";
import { remember, session, signInLink, whyOut } from "../core/session.js";
import { dropZone, sending } from "../parts/files.js";
import { severalPeople } from "../parts/people.js";
import { Preview } from "../parts/preview.js";
import { revisionName, ruleOf } from "../parts/words.js";

const TEXTS = /** @type {const} */ (["title", "category", "department", "budget", "risk", "summary", "note"]);

/** @typedef {Partial<Record<typeof TEXTS[number], string>> & { key?: string, fields?: Record<string, string>, prepared_by?: string[] }} Start */

/** @param {{ signal: AbortSignal }} about */
export async function submit({ signal }) {
  const kept = draft.read("submit");
  /** @type {Start} */
  const start = kept ?? { key: crypto.randomUUID(), department: session.me?.department };
  const form = new ProposalForm({
    start,
    signal,
    keep: "submit",
    kept: [],
    action: t("submit-send"),
    post: (data, progress) => {
      data.delete("note");
      return send("/api/proposals", data, { headers: { "Idempotency-Key": start.key ?? "" }, progress });
    },
  });
  const note = kept
    ? h(
        "p",
        { class: "note row" },
        h("span", {}, t("draft-kept")),
        button(t("start-over"), () => startOver("submit"), "small"),
      )
    : null;
  const content = [h("h1", {}, t("submit-title")), note, form.node];
  return { title: t("submit-title"), content: content.filter((each) => each !== null) };
}

/** @param {string} keep */
function startOver(keep) {
  if (!confirm(t("start-over-sure"))) return;
  draft.drop(keep);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** @param {{ id: string, signal: AbortSignal }} about */
export async function revise({ id, signal }) {
  /** @type {{ data: ProposalView }} */
  const { data } = await ask(`/api/proposals/${id}`, { signal });
  remember(data.people);
  if (!data.can.includes("revise")) throw new Problem(409, { detail: t("revise-not-yours") });
  const revision = /** @type {RevisionView} */ (data.revisions.at(-1));
  const number = revision.submission.revision;
  const keep = `revise-${id}-${number}`;
  const old = revision.submission.draft;
  const form = new ProposalForm({
    start: draft.read(keep) ?? { ...old, note: "" },
    signal,
    keep,
    kept: revision.submission.documents,
    action: t("revise-send"),
    post: (body, progress) => {
      body.append("from_revision", String(number));
      return send(`/api/proposals/${id}/revisions`, body, { progress });
    },
  });
  const wishes = revision.stages
    .flatMap((stage) => stage.tasks)
    .filter(
      ({ task }) => task.state === "applied" && task.decision && ruleOf(task.decision.verdict).counts === "sends_back",
    );
  const title = t("revise-title", { title: old.title });
  const until = t("revise-until", { revision: revisionName(number + 1), until: moment(data.proposal.revise_by ?? "") });
  const said = wishes.map(({ task }) => prose(task.decision?.comment ?? "", "blockquote"));
  return { title, content: [h("p", { class: "meta" }, until), h("h1", {}, title), ...said, form.node] };
}

/**
 * @typedef {object} Form
 * @property {Start} start
 * @property {AbortSignal} signal
 * @property {string} keep the draft's key
 * @property {Document[]} kept documents of the revision before
 * @property {string} action on the button
 * @property {(form: FormData, progress: (share: number) => void) => Promise<{ data: any }>} post sends it
 */

class ProposalForm {
  /** @param {Form} given */
  constructor(given) {
    this.given = given;
    this.address = location.hash;
    /** @type {Record<string, string>} */
    this.answers = { ...given.start.fields };
    this.preparers = [...(given.start.prepared_by ?? [])];
    /** By category: what was chosen for one is there again when it is chosen again. @type {Map<string, DropZone[]>} */
    this.zones = new Map();
    this.preview = new Preview(given.signal);
    this.hint = h("p", { class: "hint", role: "status" });
    this.button = h("button", { type: "submit", class: "primary", form: "proposal" }, given.action);
    this.people = severalPeople(t("prepared-by"), t("prepared-by-hint"), this.preparers, () => this.changed());
    this.special = h("div", { class: "special" });
    this.form = this.build();
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.choose(this.value("category"));
    this.preview.show(this.values());
    // on a narrow screen who will approve is read before it is sent
    this.node = h(
      "div",
      { class: "columns" },
      h("div", { class: "column" }, this.form),
      h("div", { class: "side" }, this.preview.node),
      h("div", {}, h("p", { class: "final" }, t("submit-final")), this.hint, this.button),
    );
  }

  /** @param {string} name */
  value(name) {
    return control(this.form, name)?.value ?? "";
  }

  build() {
    const { policy } = session;
    const { start, keep } = this.given;
    const line = (/** @type {"title" | "budget"} */ name, options = {}) =>
      h("input", { name, required: true, maxlength: 200, autocomplete: "off", value: start[name] ?? "", ...options });
    const area = (
      /** @type {"summary" | "note"} */ name,
      /** @type {number} */ rows,
      /** @type {boolean} */ required,
    ) => {
      const made = h("textarea", { name, rows, maxlength: 10000, required });
      made.value = start[name] ?? "";
      return made;
    };
    const choice = (
      /** @type {"category" | "department" | "risk"} */ name,
      /** @type {string[][]} */ options,
      onchange = (/** @type {any} */ _event) => {},
    ) =>
      h(
        "select",
        { name, required: true, onchange },
        h("option", { value: "" }, t("choose")),
        options.map(([value = "", label = ""]) => h("option", { value, selected: start[name] === value }, label)),
      );
    const categories = policy.categories.map(({ id, title }) => [id, title]);
    const departments = policy.departments.map((each) => [each, capital(each)]);
    const risks = policy.risks.map((each) => [each, t("risk-level", { risk: each })]);
    return h(
      "form",
      { id: "proposal", novalidate: true },
      h(
        "fieldset",
        {},
        h("legend", {}, t("form-proposal")),
        field(t("title"), line("title")),
        field(
          t("category"),
          choice("category", categories, (event) => this.choose(event.target.value)),
        ),
        h(
          "div",
          { class: "row" },
          field(t("department"), choice("department", departments)),
          field(t("budget-in", { currency: policy.currency }), line("budget", { inputmode: "decimal", maxlength: 20 })),
          field(t("risk"), choice("risk", risks)),
        ),
        field(t("summary"), area("summary", 5, true), t("summary-hint")),
      ),
      this.special,
      h("fieldset", {}, h("legend", {}, t("form-people")), this.people.node),
      keep === "submit" ? null : field(t("form-note"), area("note", 3, false), t("form-note-hint")),
    );
  }

  /** The questions and documents of a category. @param {string} category */
  choose(category) {
    const found = session.policy.categories.find(({ id }) => id === category);
    if (!found) return this.special.replaceChildren();
    if (!this.zones.has(category)) this.zones.set(category, this.zonesOf(found));
    const questions = found.fields.map((each) => this.question(each));
    const documents = this.chosenZones(category).map(({ node }) => node);
    this.special.replaceChildren(
      ...(questions.length ? [h("fieldset", {}, h("legend", {}, t("form-questions")), questions)] : []),
      h("fieldset", {}, h("legend", {}, t("documents-title")), documents),
    );
    return undefined;
  }

  /** @param {CategoryForm} category */
  zonesOf = ({ documents }) =>
    documents.map((kind) =>
      dropZone(
        kind,
        this.given.kept.filter((old) => old.kind === kind.id),
        session.policy.limits,
      ),
    );

  /** @param {FieldForm} about */
  question({ id, title, required }) {
    const input = h("textarea", { name: `fields.${id}`, rows: 3, maxlength: 10000, required });
    input.value = this.answers[id] ?? "";
    input.addEventListener("input", () => {
      this.answers[id] = input.value;
    });
    return field(title, input);
  }

  /** What is typed, as it is kept for this tab. */
  values() {
    const plain = /** @type {Record<typeof TEXTS[number], string>} */ (
      Object.fromEntries(TEXTS.map((name) => [name, this.value(name)]))
    );
    return { key: this.given.start.key, ...plain, fields: { ...this.answers }, prepared_by: [...this.preparers] };
  }

  changed() {
    draft.keep(this.given.keep, this.values());
    this.preview.soon(this.values());
  }

  collect() {
    const values = this.values();
    const data = new FormData();
    for (const name of TEXTS)
      data.append(name, name === "budget" ? (amount(values.budget).number ?? "") : values[name].trim());
    for (const { name, value } of inputsOf(this.form))
      if (name.startsWith("fields.") && value.trim()) data.append(name, value.trim());
    for (const id of this.preparers) data.append("prepared_by", id);
    for (const zone of this.chosenZones()) {
      for (const file of zone.files()) data.append(`document:${zone.kind}`, file, file.name);
      for (const digest of zone.keeping()) data.append("keep", digest);
    }
    return data;
  }

  chosenZones(category = this.value("category")) {
    return this.zones.get(category) ?? [];
  }

  /** What the page can see by itself; the server says the same, and more. */
  async lacking() {
    const { added, problem } = this.people.settle();
    if (added) {
      this.changed();
      return { message: t("preparer-added", { name: added }) };
    }
    /** @type {FieldError[]} */
    const errors = inputsOf(this.form)
      .filter((each) => each.required && !each.value.trim())
      .map(({ name }) => ({ field: name, message: t("missing") }));
    const budget = this.value("budget");
    const amountProblem = budget.trim() ? amount(budget).problem : undefined;
    if (amountProblem) errors.push({ field: "budget", message: amountProblem });
    if (problem) errors.push({ field: "prepared_by", message: problem });
    for (const zone of this.chosenZones()) {
      const wrong = await zone.problem();
      if (wrong) errors.push({ field: `document:${zone.kind}`, message: wrong });
    }
    const tooMany = this.tooMany();
    if (tooMany) errors.push({ field: "documents", message: tooMany });
    return errors.length ? complaint(...errors) : null;
  }

  tooMany() {
    const { max_documents: most, max_total_bytes: limit } = session.policy.limits;
    const files = this.chosenZones().flatMap((zone) => zone.files());
    const count = files.length + this.chosenZones().flatMap((zone) => zone.keeping()).length;
    const total = files.reduce((sum, { size }) => sum + size, 0);
    if (count > most) return t("documents-too-many", { count, most });
    return total > limit ? t("documents-too-large", { total: bytes(total), limit: bytes(limit) }) : "";
  }

  async submit() {
    clearErrors(this.form);
    const wrong = await this.lacking();
    if (wrong) return showErrors(this.form, wrong);
    this.button.disabled = true;
    this.hint.textContent = t("sending");
    const body = this.collect();
    this.form.inert = true; // what is typed now would not be sent
    try {
      const { data } = await this.given.post(body, (share) => {
        this.hint.textContent = sending(share);
      });
      this.preview.stop();
      draft.drop(this.given.keep);
      announce(t("submit-done"));
      if (!this.given.signal.aborted) location.hash = `#/proposals/${data.proposal}`;
    } catch (error) {
      this.button.disabled = false;
      this.form.inert = false;
      this.hint.textContent = "";
      if (this.given.signal.aborted) this.failed(/** @type {Error} */ (error));
      else this.refused(error);
    }
    return undefined;
  }

  /** It failed when its writer had gone on: they must not believe that it was taken. @param {Error} error */
  failed(error) {
    const dismiss = () => banner("failed", "");
    const back = h("a", { class: "button", href: this.address, onclick: dismiss }, t("back-to-it"));
    banner("failed", t("submit-failed", { text: error.message }), back, button(t("dismiss"), dismiss));
  }

  /** @param {unknown} error */
  refused(error) {
    if (error instanceof SignedOut)
      banner("session", t("session-kept-files", { why: whyOut(error) }), signInLink(error));
    else if (error instanceof Offline) showErrors(this.form, { message: t("submit-lost") });
    else if (error instanceof Problem && error.body.proposal) this.taken(error.body.proposal);
    else if (error instanceof Problem) showErrors(this.form, error);
    else throw error;
  }

  /** It had arrived before it was changed. @param {string} proposal */
  taken(proposal) {
    const again = button(t("submit-as-another"), () => {
      this.given.start.key = crypto.randomUUID();
      this.changed();
      this.submit();
    });
    const open = h(
      "a",
      { class: "button", href: `#/proposals/${proposal}`, onclick: () => draft.drop(this.given.keep) },
      t("open-sent"),
    );
    showErrors(this.form, { message: t("submit-taken") }, h("p", { class: "row" }, open, again));
  }
}
