// A catalogue of no language: every text of the English one in other letters, between marks. What is shown without the
// marks did not come from a catalogue.

import { readFileSync } from "node:fs";
import { parse, serialize, Transformer } from "@fluent/syntax";

const OTHER = { a: "á", e: "ë", i: "ï", o: "ö", u: "ü", c: "ç", n: "ñ", s: "š", y: "ý", A: "Å", E: "Ë", I: "Ï", O: "Ö", U: "Ü", S: "Š" };

class Pseudo extends Transformer {
  visitTextElement(node) {
    node.value = `⟦${node.value.replace(/[aeioucnsyAEIOUS]/g, (letter) => OTHER[letter])}⟧`;
    return node;
  }
}

const resource = parse(readFileSync(process.argv[2], "utf8"), {});
new Pseudo().visit(resource);
process.stdout.write(serialize(resource, {}));
