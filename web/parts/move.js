// A form that opens on demand, for everything that people do with a proposal besides deciding.

/** @import { ProposalView } from "../core/schemas.js" */
/** @import { Child } from "../core/dom.js" */

import { Offline, Problem, SignedOut } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { announce, h } from "../core/dom.js";
import { draft } from "../core/drafts.js";
import { clearErrors, control, field, inputsOf, showErrors } from "../core/forms.js";
import { sending } from "./files.js";

/**
 * The view that a form stands in.
 * @typedef {object} Context
 * @property {string} id of the proposal
 * @property {AbortSignal} signal aborts when the view is left
 * @property {ProposalView} picture
 * @property {(notice: string, written?: string) => Promise<void>} refresh
 * @property {(text: string, written: string) => Promise<void> | void} overtaken
 * @property {(text: string) => void} failed
 * @property {(error: unknown) => void} signedOut
 */

/**
 * @typedef {object} Move
 * @property {string} name
 * @property {string} title
 * @property {Child[]} parts
 * @property {string} action on the button, which alone sends it
 * @property {string} done what is said afterwards
 * @property {(form: HTMLFormElement, progress: (share: number) => void) => Promise<unknown>} work
 *   sends it; throws what `ask` throws, or a Complaint
 */

/** What is typed into it is kept until it is sent. @param {Move} about @param {Context} context */
export function move({ name, title, parts, action, done, work }, context) {
  const key = `${context.id}-r${context.picture.proposal.revision}-${name}`;
  const submit = h("button", { type: "button" }, action);
  const hint = h("p", { class: "hint", role: "status" });
  const form = h("form", { novalidate: true }, ...parts, hint, h("div", { class: "row" }, submit));
  const panel = h("details", { class: "panel move" }, h("summary", {}, title), form);
  const kept = draft.read(key);
  for (const [field_, text] of Object.entries(kept ?? {})) {
    const input = control(form, field_);
    if (input) input.value = String(text);
  }
  if (kept) {
    form.dataset.dirty = "yes";
    panel.open = true;
  }
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    draft.keep(key, written(form));
  });
  form.addEventListener("submit", (event) => event.preventDefault()); // Enter in a field sends nothing
  submit.addEventListener("click", async () => {
    clearErrors(form);
    submit.disabled = true;
    hint.textContent = t("sending");
    try {
      await work(form, (share) => {
        hint.textContent = sending(share);
      });
    } catch (error) {
      submit.disabled = false;
      hint.textContent = "";
      return refused(error);
    }
    reset();
    draft.drop(key);
    announce(done);
    return context.refresh(done);
  });

  /** The same form may be needed once more, and what was sent is no longer in it. */
  function reset() {
    delete form.dataset.dirty;
    form.reset();
    submit.disabled = false;
    hint.textContent = "";
    panel.open = false;
  }

  /** @param {any} error */
  function refused(error) {
    if (error instanceof SignedOut) return context.signedOut(error);
    if (context.signal.aborted) return context.failed(error.message);
    if (error instanceof Problem && (error.status === 409 || error.status === 412)) {
      return context.overtaken(error.message, Object.values(written(form)).join("\n"));
    }
    return showErrors(form, error instanceof Offline ? { message: t("move-lost") } : error);
  }
  return panel;
}

/** @param {HTMLFormElement} form */
const written = (form) =>
  Object.fromEntries(
    inputsOf(form)
      .filter(({ name, type, value }) => name && type !== "file" && value)
      .map(({ name, value }) => [name, value]),
  );

/**
 * A labelled text.
 * @param {string} label
 * @param {string} name
 * @param {{ required?: boolean, maxlength?: number, hint?: string }} [options]
 */
export const area = (label, name, { required = false, maxlength = 1000, hint } = {}) =>
  field(label, h("textarea", { name, rows: 3, maxlength, required }), hint);
