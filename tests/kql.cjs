// Parses KQL and checks every name against a schema, with Microsoft's own language service.
//   node tests/kql.cjs SCHEMA.json QUERY.kql ...    prints, as JSON, what is wrong with each query
const fs = require("node:fs");

require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

const [schema, ...queries] = process.argv.slice(2);
const { tables } = JSON.parse(fs.readFileSync(schema, "utf-8"));
const symbols = Object.entries(tables).map(([name, columns]) =>
  Symbols.TableSymbol.From(`(${Object.entries(columns).map(([column, type]) => `${column}:${type}`)})`).WithName(name),
);
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("logs", symbols));

function diagnostics(query) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, index) => found.getItem(index).Message);
}

const answers = queries.map((path) => [path, diagnostics(fs.readFileSync(path, "utf-8"))]);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
