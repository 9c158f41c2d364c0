export type { Cause, Group, Severity } from './causes/cause.ts';
export { CAUSES, causeById } from './causes/index.ts';
export { Explainer, type ExplainerOptions } from './engine.ts';
export { type ExplainOptions, explainCapture } from './explain.ts';
export { type PortRange, Pressure } from './pressure/index.ts';
export type * from './pressure/types.ts';
export type * from './types.ts';
export { ConnectionView } from './view.ts';
