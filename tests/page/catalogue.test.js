// Every text that people read is in the catalogue, every message is used, and each gets the values that it names.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse, Resource, Visitor } from "@fluent/syntax";
import ts from "typescript";
import { rich, t } from "../../web/core/catalogue.js";
import { ROOT, SOURCE } from "./use.js";

/** What each message of the catalogue takes. */
function messages(source) {
  const found = new Map();
  const resource = parse(source, {});
  assert(resource instanceof Resource);
  for (const entry of resource.body) {
    assert.notEqual(entry.type, "Junk", entry.content);
    if (entry.type !== "Message") continue;
    assert(!found.has(entry.id.name), `${entry.id.name} stands twice`);
    const variables = new Set();
    const visitor = new Visitor();
    visitor.visitVariableReference = (node) => variables.add(node.id.name);
    visitor.visit(entry);
    found.set(entry.id.name, variables);
  }
  return found;
}

/** The page's modules as syntax trees. */
function modules() {
  const folder = new URL("web/", ROOT);
  const names = readdirSync(folder, { recursive: true }).filter(
    (name) => name.endsWith(".js") && !name.startsWith("vendor"),
  );
  return names.map((name) => [name, tree(readFileSync(new URL(name, folder), "utf8"))]);
}

const tree = (text) => ts.createSourceFile("module.js", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);

function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

const isCallOf = (node, names) =>
  ts.isCallExpression(node) && ts.isIdentifier(node.expression) && names.includes(node.expression.text);

/** The names of an object literal's properties, or null where some are computed elsewhere. */
function namesOf(node) {
  if (!node) return [];
  if (!ts.isObjectLiteralExpression(node)) return null;
  if (node.properties.some((each) => ts.isSpreadAssignment(each))) return null;
  return node.properties.map((each) => each.name.getText());
}

/** Ids in the first argument: a literal, or a choice between two. */
function idsOf(node) {
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...idsOf(node.whenTrue), ...idsOf(node.whenFalse)];
  return [null];
}

function uses() {
  const found = [];
  for (const [name, source] of modules()) {
    walk(source, (node) => {
      if (!isCallOf(node, ["t", "rich"]) || (name === "core/catalogue.js" && !ts.isStringLiteral(node.arguments[0])))
        return;
      for (const id of idsOf(node.arguments[0])) found.push({ name, id, given: namesOf(node.arguments[1]) });
    });
  }
  return found;
}

test("every message that the page asks for is in the catalogue, by a name that can be found", () => {
  const known = messages(SOURCE);
  const missing = uses().filter(({ id }) => id === null || !known.has(id));
  assert.deepEqual(missing, []);
});

test("every message of the catalogue is used", () => {
  const used = new Set(uses().map(({ id }) => id));
  assert.deepEqual(
    [...messages(SOURCE).keys()].filter((id) => !used.has(id)),
    [],
  );
});

test("every message gets the values that it names", () => {
  const known = messages(SOURCE);
  for (const { name, id, given } of uses()) {
    if (given === null) continue;
    // and more than this language needs: another one may have other verbs for "you"
    const lacking = [...known.get(id)].filter((value) => !given.includes(value));
    assert.deepEqual(lacking, [], `${id} in ${name}`);
  }
});

/** Calls whose arguments are shown: which of them. */
const SHOWN = {
  h: (given) => given.slice(2),
  button: (given) => [given[0], given[3]],
  field: (given) => [given[0], given[2]],
  announce: (given) => given,
  banner: (given) => given.slice(1),
  prose: (given) => [given[0]],
  quote: (given) => [given[1]],
};
const READ_ALOUD = ["aria-label", "title", "placeholder", "alt"];
const LETTERS = /\p{L}{2}/u;

/** What stands in the code, would be read by people, and cannot be translated there. */
function untranslated(source) {
  const found = [];
  const look = (node) => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      if (LETTERS.test(node.text)) found.push(node.text);
    } else if (ts.isTemplateExpression(node)) {
      const texts = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
      found.push(...texts.filter((text) => LETTERS.test(text)));
    } else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(look);
    else if (ts.isArrayLiteralExpression(node)) node.elements.forEach(look);
    else if (ts.isParenthesizedExpression(node)) look(node.expression);
    else if (ts.isBinaryExpression(node)) [node.left, node.right].forEach(look);
  };
  walk(source, (node) => {
    if (isCallOf(node, Object.keys(SHOWN))) {
      SHOWN[node.expression.text]([...node.arguments])
        .filter(Boolean)
        .forEach(look);
    }
    if (ts.isPropertyAssignment(node) && READ_ALOUD.includes(node.name.text)) look(node.initializer);
    const assigned =
      ts.isBinaryExpression(node) && ts.isPropertyAccessExpression(node.left) && node.left.name.text === "textContent";
    if (assigned) look(node.right);
  });
  return found;
}

// a command to be copied, in the language of machines
const NOT_LANGUAGE = ["python3 scripts/verify.py record.json audit.jsonl"];

test("no text that people read stands in the code", () => {
  for (const [name, source] of modules()) {
    assert.deepEqual(
      untranslated(source).filter((text) => !NOT_LANGUAGE.includes(text)),
      [],
      name,
    );
  }
});

test("a text in the code is found wherever it hides", () => {
  const hidden = [
    'h("p", {}, "Good morning")',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code
    'h("p", {}, who ? `Dear ${who}` : null)',
    'h("p", {}, ["a", late && "too late"])',
    'h("img", { alt: "A cat" })',
    'button("Send", act, "primary")',
    'field("Name", input, "As in your passport")',
    'box.textContent = "Done"',
    'banner("kind", "The line broke")',
  ];
  for (const code of hidden) assert.notDeepEqual(untranslated(tree(code)), [], code);
  assert.deepEqual(untranslated(tree('h("p", { class: "note" }, t("id"), " · ", "?")')), []);
});

test("a number chooses its plural, and elements stand where the message has them", () => {
  assert.equal(t("checks-passed", { count: 1 }), "1 check passed");
  assert.equal(t("checks-passed", { count: 1200 }), "1,200 checks passed");
  const strong = /** @type {any} */ ({ node: true });
  assert.deepEqual(rich("said", { who: strong, text: "no" }), [strong, ": no"]);
});

test("what is not in the catalogue is reported, and does not stop the page", (context) => {
  const told = context.mock.method(console, "error", () => {});
  assert.equal(t("no-such-message"), "no-such-message");
  assert.match(t("sending-share"), /share/);
  assert.equal(told.mock.callCount(), 2);
});
