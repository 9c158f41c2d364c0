export { DEFAULT_PORTS, type PortRange, Pressure } from './pressure.ts';
export type * from './types.ts';
