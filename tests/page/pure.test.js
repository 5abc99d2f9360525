// The modules that know nothing of the page: amounts, kinds of files, moments, differences, the order of what waits.

import assert from "node:assert/strict";
import { test } from "node:test";
import "./use.js";
import { amount } from "../../web/core/amount.js";
import { isElsewhere, now, setClock, setZone } from "../../web/core/clock.js";
import { lines, words } from "../../web/core/diff.js";
import { ago, bytes, due, money, urgency } from "../../web/core/format.js";
import { groupOf, nextAfter, wished } from "../../web/core/queue.js";
import { mediaType } from "../../web/core/sniff.js";
import { documentChanges } from "../../web/parts/changes.js";
import { grouped } from "../../web/parts/timeline.js";

test("an amount is read as it is meant, and not at all with two readings", () => {
  const read = {
    "€ 500": "500",
    "0,5": "0.5",
    "12.500,50": "12500.50",
    "12,500.50": "12500.50",
    "1 250": "1250",
    "1’250": "1250",
  };
  for (const [text, number] of Object.entries(read)) assert.deepEqual(amount(text), { number });
  for (const text of ["12.500", "1,250"]) assert.match(amount(text).problem ?? "", /two readings/);
  for (const text of ["", "12 50", "1.234.56", "twelve", "-5", "0.125"])
    assert.match(amount(text).problem ?? "", /write an amount/);
});

test("a file is what its name promises and its beginning keeps", () => {
  const pdf = new TextEncoder().encode("%PDF-1.4");
  assert.equal(mediaType("a.PDF", pdf), "application/pdf");
  assert.equal(mediaType("a.png", pdf), "");
  assert.equal(mediaType("notes.md", new TextEncoder().encode("# Notes")), "text/markdown");
  assert.equal(mediaType("notes.md", new Uint8Array([35, 0])), "");
  for (const name of ["pdf", "a.exe", "a.constructor", ""]) assert.equal(mediaType(name, pdf), "");
});

test("deadlines press harder as they come near, by the server's clock", () => {
  setClock("2026-11-24T10:00:00Z");
  assert.equal(urgency("2026-11-24T09:59:00Z"), "late");
  assert.equal(urgency("2026-11-25T09:00:00Z"), "soon");
  assert.equal(urgency("2026-11-30T09:00:00Z"), "");
  assert.match(due("2026-11-24T10:40:30Z"), /^Due in 4[01] minutes$/);
  assert.match(due("2026-11-23T10:00:00Z"), /^Overdue since yesterday at \d\d:00$/);
  assert.match(due("2027-02-01T10:00:00Z"), /^Due 1 February 2027 at/);
  assert.equal(ago(new Date(now().getTime() - 3 * 3_600_000 - 5000).toISOString()), "3 hours ago");
  assert.equal(ago(now().toISOString()), "now");
});

test("the time zone is named where it is not the reader's own, and only there", () => {
  const at = new Date("2026-11-24T10:00:00Z");
  assert.equal(isElsewhere(at), false);
  setZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
  assert.equal(isElsewhere(at), false);
  setZone("Pacific/Kiritimati");
  assert.equal(isElsewhere(at), true);
  assert.match(due("2026-11-30T09:00:00Z"), /(UTC|GMT|[A-Z]{3,4})/);
  setZone("");
});

test("amounts and sizes are written as the language writes them", () => {
  assert.equal(money("12000", "EUR"), "€12,000");
  assert.equal(money("12000.5", "EUR"), "€12,000.50");
  assert.equal(bytes(1), "1 byte");
  assert.equal(bytes(69), "69 bytes");
  assert.match(bytes(12_345), /^12\s?kB$/);
  assert.match(bytes(1_250_000), /^1\.3\s?MB$/);
});

test("a difference is the words that came and went", () => {
  const kinds = (/** @type {any[]} */ pieces) => pieces.map(({ kind, text }) => `${kind[0]}:${text}`);
  assert.deepEqual(kinds(words("hall 2 is small", "hall 3 is too small")), [
    "s:hall ",
    "r:2",
    "a:3",
    "s: is",
    "a: too",
    "s: small",
  ]);
  assert.deepEqual(kinds(lines("a\nb\nc", "a\nx\nc\nd")), ["s:a", "r:b", "a:x", "s:c", "a:d"]);
  assert.deepEqual(kinds(words("same", "same")), ["s:same"]);
  assert.deepEqual(kinds(words("", "all new")), ["a:all new"]);
});

test("what is put together again is what there was, before and after", () => {
  const texts = ["", "a", "a b c d e", "the same the same other", "x y  z\n w", "e d c b a"];
  for (const before of texts) {
    for (const after of texts) {
      const pieces = words(before, after);
      assert.equal(
        pieces
          .filter(({ kind }) => kind !== "added")
          .map(({ text }) => text)
          .join(""),
        before,
      );
      assert.equal(
        pieces
          .filter(({ kind }) => kind !== "removed")
          .map(({ text }) => text)
          .join(""),
        after,
      );
    }
  }
});

test("texts that are too long to compare are shown as replaced", () => {
  const [one, two] = ["a", "b"].map((letter) => Array.from({ length: 3000 }, (_, n) => letter + n).join("\n"));
  assert.deepEqual(
    lines(one ?? "", two ?? "").map(({ kind }) => kind),
    ["removed", "added"],
  );
});

const item = (/** @type {any} */ changes) => ({
  kind: "decide", proposal: "p-a", revision: 1, title: "Racks", author: "ana", task: "line-1", stage: "line", why: "manager",
  due_at: "2026-11-24T12:00:00Z", etag: null, budget: "10", currency: "EUR", category: "Software", risk: "low",
  opened_at: "2026-11-20T12:00:00Z", escalated_from: null, ...changes,
}); // biome-ignore format: a record

test("what waits is grouped by the days until it is due", () => {
  const today = new Date("2026-11-24T10:00:00Z");
  const days = (/** @type {Date} */ at) => Math.floor((at.getTime() - Date.parse("2026-11-24T00:00:00Z")) / 86_400_000);
  const group = (/** @type {string} */ text) => groupOf(text, today, days);
  assert.equal(group("2026-11-24T09:00:00Z"), "overdue");
  assert.equal(group("2026-11-24T18:00:00Z"), "today");
  assert.equal(group("2026-11-30T18:00:00Z"), "week");
  assert.equal(group("2026-12-01T18:00:00Z"), "later");
});

test("what waits is sorted, filtered and searched", () => {
  const items = [
    item({
      proposal: "p-a",
      title: "Zebra racks",
      budget: "9",
      opened_at: "2026-11-22T00:00:00Z",
      due_at: "2026-11-25T00:00:00Z",
    }),
    item({ proposal: "p-b", title: "A hall", budget: "100", author: "fay", due_at: "2026-11-26T00:00:00Z" }),
    item({ proposal: "p-c", title: "Hall question", kind: "answer", budget: "50", due_at: "2026-11-27T00:00:00Z" }),
  ];
  const found = (/** @type {any} */ wish) =>
    wished(items, { order: "due", kind: "", text: "", ...wish }, (id) => (id === "fay" ? "Fay Morel" : id)).map(
      ({ proposal }) => proposal,
    );
  assert.deepEqual(found({}), ["p-a", "p-b", "p-c"]);
  assert.deepEqual(found({ order: "amount" }), ["p-b", "p-c", "p-a"]);
  assert.deepEqual(found({ order: "title" }), ["p-b", "p-c", "p-a"]);
  assert.deepEqual(found({ order: "age" }), ["p-b", "p-c", "p-a"]);
  assert.deepEqual(found({ kind: "answer" }), ["p-c"]);
  assert.deepEqual(found({ text: "hall" }), ["p-b", "p-c"]);
  assert.deepEqual(found({ text: "morel HALL" }), ["p-b"]);
});

test("after a decision comes the next of those that were selected, or the most urgent", () => {
  const items = [item({ proposal: "p-a", kind: "answer" }), item({ proposal: "p-b" }), item({ proposal: "p-c" })];
  assert.equal(nextAfter(items, "p-x", [])?.proposal, "p-b");
  assert.equal(nextAfter(items, "p-x", ["p-c"])?.proposal, "p-c");
  assert.equal(nextAfter(items, "p-b", [])?.proposal, "p-c");
  assert.equal(nextAfter(items.slice(0, 2), "p-b", []), null);
});

test("documents of one kind and name are the same one in another form", () => {
  const document = (/** @type {string} */ name, /** @type {string} */ sha256) => ({
    sha256,
    name,
    size: 1,
    media_type: "",
    kind: "design",
  });
  const changes = documentChanges(
    [document("a.pdf", "1"), document("b.pdf", "2"), document("c.pdf", "3")],
    [document("a.pdf", "1"), document("b.pdf", "9"), document("d.pdf", "4")],
  );
  assert.deepEqual(
    changes.map(({ kind, old, fresh }) => [kind, old?.name, fresh?.name]),
    [
      ["replaced", "b.pdf", "b.pdf"],
      ["added", undefined, "d.pdf"],
      ["removed", "c.pdf", undefined],
    ],
  );
});

test("what the process did by itself is folded together, newest first", () => {
  const line = (/** @type {number} */ n, /** @type {string} */ actor, action = "assigned") =>
    /** @type {any} */ ({ n, entry: { actor, action } });
  const groups = grouped([
    line(1, "ana"),
    line(2, "greenlight"),
    line(3, "greenlight"),
    line(4, "ben"),
    line(5, "greenlight", "applied"),
    line(6, "greenlight"),
  ]);
  assert.deepEqual(
    groups.map(({ lines: all }) => all.map(({ n }) => n)),
    [[6], [4], [3, 2], [1]],
  );
});
