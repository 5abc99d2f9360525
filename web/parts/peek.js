// A look at a proposal beside the inbox, on screens that are wide enough for both.

/** @import { InboxItem, ProposalView } from "../core/schemas.js" */

import { ask } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { h } from "../core/dom.js";
import { remember } from "../core/session.js";
import { asked, checks, documents } from "./asked.js";
import { stepper } from "./stages.js";

const PAUSE = 150; // milliseconds: who steps through the list asks for none of those in between
const WIDE = "(min-width: 1200px)";

export class Peek {
  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
    this.number = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pending = undefined;
    this.node = h(
      "aside",
      { class: "peek", "aria-label": t("peek-title") },
      h("p", { class: "quiet" }, t("peek-empty")),
    );
    signal.addEventListener("abort", () => clearTimeout(this.pending));
  }

  /** @param {InboxItem} item */
  show(item) {
    if (!matchMedia(WIDE).matches) return;
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.read(item), PAUSE);
  }

  /** @param {InboxItem} item */
  async read(item) {
    const number = ++this.number;
    const found = await ask(`/api/proposals/${item.proposal}`, { signal: this.signal }).catch(() => null);
    if (number !== this.number || this.signal.aborted) return;
    this.node.replaceChildren(...(found ? this.parts(found.data) : [h("p", { class: "quiet" }, t("peek-lost"))]));
  }

  /** @param {ProposalView} picture */
  parts(picture) {
    remember(picture.people);
    const revision = picture.revisions.at(-1);
    if (!revision) return [];
    const { proposal, title } = picture.proposal;
    return [
      h("h2", {}, title),
      stepper(revision.stages, false),
      asked(revision),
      documents(proposal, revision.submission.documents, revision.labels),
      checks(revision.screening),
      h("a", { class: "button primary", href: `#/proposals/${proposal}` }, t("peek-open")),
    ];
  }
}
