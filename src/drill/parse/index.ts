export type { System } from './constants.ts';
export { type ParseOptions, parseScript } from './script.ts';
export { ScriptError } from './script-error.ts';
