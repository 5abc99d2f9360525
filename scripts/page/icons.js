// Writes the sprite of the page's icons, from Fluent UI's: a release that is named here, and not installed with the tools
// because it has 21,000 files.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "@fluentui/svg-icons@1.1.343";
const ICONS = {
  inbox: "mail_inbox",
  submit: "document_add",
  mine: "folder",
  messages: "chat",
  check: "checkmark",
  warning: "warning",
  question: "question",
  dismiss: "dismiss",
  document: "document",
  edit: "edit",
  clock: "clock",
  gear: "settings",
};

const folder = mkdtempSync(join(tmpdir(), "icons-"));
try {
  const archive = execFileSync("npm", ["pack", "--silent", PACKAGE], { cwd: folder, encoding: "utf8" }).trim();
  execFileSync("tar", ["xzf", archive], { cwd: folder });
  const symbols = Object.entries(ICONS).map(([name, icon]) => {
    const text = readFileSync(join(folder, "package", "icons", `${icon}_20_regular.svg`), "utf8");
    const paths = [...text.matchAll(/ d="([^"]+)"/g)].map(([, d]) => `<path d="${d}"/>`).join("");
    return `<symbol id="${name}" viewBox="0 0 20 20">${paths}</symbol>\n`;
  });
  const head = `<!-- ${PACKAGE}, MIT licence, (c) Microsoft Corporation. Made by make vendor: do not change it here. -->\n`;
  writeFileSync(
    process.argv[2],
    `${head}<svg xmlns="http://www.w3.org/2000/svg" fill="currentColor">\n${symbols.join("")}</svg>\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
