import { limitMss } from '../tcp/negotiate.ts';
import type { Host } from './host.ts';

/** What `ip route change` of Linux may say of the way to a destination. */
export interface RouteChange {
  readonly mtu?: number;
  /** Segments of a first window (initcwnd). */
  readonly initialWindowSegments?: number;
}

/** New connections begin with it; those that are there learn of another MTU with what they send next. */
export function changeRoute(host: Host, { mtu, initialWindowSegments }: RouteChange): void {
  if (initialWindowSegments !== undefined) host.setConfig({ initialWindowSegments });
  if (mtu === undefined) return;
  host.mtu = mtu;
  for (const { socket } of host.sockets()) {
    const tcb = socket?.tcb ?? null;
    if (tcb === null || tcb.remotePort === 0) continue;
    tcb.pathMtu = mtu;
    if (tcb.config.mtuProbing === 0) limitMss(tcb);
  }
}
