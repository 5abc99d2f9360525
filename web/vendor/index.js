// @fluent/bundle 0.19.1, Apache-2.0, see LICENSE. Copied by make vendor: do not change it here.
// @ts-nocheck
/**
 * A JavaScript implementation of Project Fluent, a localization
 * framework designed to unleash the expressive power of the natural language.
 *
 * @module
 */
export { FluentBundle } from "./bundle.js";
export { FluentResource } from "./resource.js";
export { FluentType, FluentNone, FluentNumber, FluentDateTime, } from "./types.js";
