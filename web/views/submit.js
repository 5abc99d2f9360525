// Submit a proposal, or the next revision of one: the form from the policy, and who would have to approve it.

/** @import { CategoryForm, Document, FieldError, FieldForm, ProposalFieldForm } from "../core/schemas.js" */
/** @import { ProposalView, RevisionView } from "../core/schemas.js" */
/** @import { DropZone } from "../parts/files.js" */

import { amount } from "../core/amount.js";
import { ask, Offline, Problem, SignedOut, send } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { announce, banner, button, h, prose } from "../core/dom.js";
import { draft } from "../core/drafts.js";
import { bytes, capital, moment } from "../core/format.js";
import { clearErrors, complaint, control, field, inputsOf, showErrors } from "../core/forms.js";
import { remember, session, signInLink, whyOut } from "../core/session.js";
import { inputOf, labelOf, typedFields } from "../parts/fields.js";
import { dropZone, sending } from "../parts/files.js";
import { severalPeople } from "../parts/people.js";
import { Preview } from "../parts/preview.js";
import { revisionName, ruleOf } from "../parts/words.js";

// These are short: where several follow each other, they stand in a row.
const SHORT = ["department", "choice", "money", "word"];

/** @typedef {{ key?: string, fields?: Record<string, string>, prepared_by?: string[], [field: string]: any }} Start */

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
    post: (data, progress) =>
      send("/api/proposals", data, { headers: { "Idempotency-Key": start.key ?? "" }, progress }),
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
  const until = t("revise-until", {
    revision: capital(revisionName(number + 1)),
    until: moment(data.proposal.revise_by ?? ""),
  });
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

/** @param {ProposalFieldForm[]} fields @param {(field: ProposalFieldForm) => HTMLElement} ask */
function inRows(fields, ask) {
  /** @type {ProposalFieldForm[][]} */
  const rows = [];
  for (const each of fields) {
    const row = rows.at(-1);
    const before = row?.at(-1);
    if (row && before && SHORT.includes(before.shape) && SHORT.includes(each.shape)) row.push(each);
    else rows.push([each]);
  }
  return rows.flatMap((row) => (row.length > 1 ? h("div", { class: "row" }, row.map(ask)) : row.map(ask)));
}

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
    const people = session.policy.fields.find(({ id }) => id === "prepared_by");
    this.people = severalPeople(people?.label ?? "", people?.help ?? "", this.preparers, () => this.changed());
    this.special = h("div", { class: "special" });
    this.form = this.build();
    control(this.form, "category")?.addEventListener("change", () => this.choose(this.value("category")));
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

  /** Only a revision is asked what it changed. */
  typed() {
    return typedFields().filter((each) => !each.of_revision || this.given.keep !== "submit");
  }

  build() {
    const ask = (/** @type {ProposalFieldForm} */ each) =>
      field(labelOf(each), inputOf(each, this.given.start[each.id] ?? ""), each.help);
    const first = this.typed().filter((each) => !each.of_revision);
    const last = this.typed().filter((each) => each.of_revision);
    return h(
      "form",
      { id: "proposal", novalidate: true },
      h("fieldset", {}, h("legend", {}, t("form-proposal")), inRows(first, ask)),
      this.special,
      h("fieldset", {}, h("legend", {}, t("form-people")), this.people.node),
      last.map(ask),
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
    /** @type {Record<string, any>} */
    const plain = Object.fromEntries(this.typed().map(({ id }) => [id, this.value(id)]));
    return /** @type {any} */ ({
      key: this.given.start.key,
      ...plain,
      fields: { ...this.answers },
      prepared_by: [...this.preparers],
    });
  }

  changed() {
    draft.keep(this.given.keep, this.values());
    this.preview.soon(this.values());
  }

  collect() {
    const values = this.values();
    const data = new FormData();
    for (const { id, shape } of this.typed())
      data.append(id, shape === "money" ? (amount(values[id]).number ?? "") : values[id].trim());
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
    for (const { id } of this.typed().filter(({ shape }) => shape === "money")) {
      const wrong = this.value(id).trim() ? amount(this.value(id)).problem : undefined;
      if (wrong) errors.push({ field: id, message: wrong });
    }
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
