export { flagText } from './run/describe.ts';
export { readLive } from './run/live.ts';
