export * from './diagram.ts';
export { drawMarkdown, drawMermaid, drawPage } from './draw.ts';
export * from './effects.ts';
export * from './events.ts';
export * from './facts.ts';
export * from './names.ts';
export * from './profiles.ts';
export type { Cell, Impossible, Row } from './rows.ts';
export * from './table.ts';
