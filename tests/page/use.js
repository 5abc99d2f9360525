// The catalogue of texts, read as the page reads it.

import { readFileSync } from "node:fs";
import { useCatalogue } from "../../web/core/catalogue.js";

export const ROOT = new URL("../../", import.meta.url);
export const SOURCE = readFileSync(new URL("locales/en/page.ftl", ROOT), "utf8");

useCatalogue(SOURCE);
