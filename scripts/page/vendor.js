// Copies @fluent/bundle, as package-lock.json pins it, into web/vendor: the page has no build step and loads nothing from elsewhere.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const FROM = "node_modules/@fluent/bundle/";
const { version, license } = JSON.parse(readFileSync(`${FROM}package.json`, "utf8"));
const into = process.argv[2];
// ast.js holds types alone
mkdirSync(into, { recursive: true });
for (const name of readdirSync(`${FROM}esm`).filter((each) => each.endsWith(".js") && each !== "ast.js")) {
  const head = `// @fluent/bundle ${version}, ${license}, see LICENSE. Copied by make vendor: do not change it here.\n// @ts-nocheck\n`;
  writeFileSync(
    `${into}/${name}`,
    head + readFileSync(`${FROM}esm/${name}`, "utf8").replace(/\/\/# sourceMappingURL.*\n?/, ""),
  );
}
