// Writes web/core/schemas.d.ts: the types of what the API takes and gives, from its OpenAPI description on standard input.

import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const { openapi, info, components } = JSON.parse(await text(process.stdin));
const schemas = { openapi, info, paths: {}, components: { schemas: components.schemas } };
const made = await openapiTS(schemas, { rootTypes: true, rootTypesNoSchemaPrefix: true });
const head = "// Made by `make api-types` from the API's own description: change that, not this file.\n\n";
writeFileSync(process.argv[2], head + astToString(made));
