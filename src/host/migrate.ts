import { type Connection, Queue } from './connection.ts';
import type { Host } from './host.ts';
import type { Listener } from './listener.ts';

/** From now on a listener that closes leaves what waits to the others of its SO_REUSEPORT group (Linux tcp_migrate_req=1). */
export function migrateRequests(host: Host): void {
  host.handOver = (listener, waiting) => {
    const heirs = heirsOf(host, listener);
    if (heirs.length === 0) return waiting;
    const halfOpen = host.inUse.filter((tcb) => tcb.listener === listener && tcb.queue === Queue.syn);
    for (const tcb of [...waiting, ...halfOpen]) inherit(tcb, heirs);
    return NOBODY;
  };
}

const NOBODY: readonly Connection[] = [];

function heirsOf(host: Host, { tcb: old }: Listener): readonly Listener[] {
  if (!old.reusePort) return [];
  return host.ports
    .listenersOf(old.localPort)
    .filter(({ tcb }) => tcb.reusePort && tcb.localIndex === old.localIndex && tcb.user === old.user);
}

/** By the hash of the four-tuple (Linux reuseport_migrate_sock). */
function inherit(tcb: Connection, heirs: readonly Listener[]): void {
  const heir = heirs[(tcb.hash >>> 0) % heirs.length]!;
  tcb.listener = heir;
  if (tcb.queue === Queue.syn) heir.synCount++;
  else heir.completed(tcb);
}
