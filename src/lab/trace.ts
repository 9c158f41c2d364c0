import type { Host, SocketRow } from '../host/index.ts';
import type { Tap, TappedPacket } from '../link/index.ts';
import type { StateName } from '../states/index.ts';

/** A state that a connection of a host was in, from `atUs` on. */
export interface TrueState {
  readonly atUs: number;
  /** In which event of the run it began: several can share one time. */
  readonly event: number;
  readonly state: StateName;
}

/**
 * The states that connections really went through, host by host: what the ladder shows and what the verdict's states are held
 * against. Looks at the hosts' socket tables after each event, so it is for runs with few sockets.
 */
export class StateTrace {
  private readonly histories = new Map<string, TrueState[]>();
  private readonly alive = new Map<Host, Set<string>>();
  private readonly tapped = new Map<TappedPacket, number>();
  private event = 0;

  constructor(hosts: readonly Host[]) {
    for (const host of hosts) this.alive.set(host, new Set());
  }

  /** Notes in which event a packet passed the tap. */
  follow(tap: Tap): void {
    tap.onPacket = (packet) => this.tapped.set(packet, this.event);
  }

  eventOf(packet: TappedPacket): number {
    return this.tapped.get(packet) ?? 0;
  }

  /** After each event. */
  look(nowUs: number): void {
    for (const [host, before] of this.alive) {
      const now = new Set<string>();
      for (const row of host.sockets()) {
        const key = rowKey(host, row);
        if (now.has(key) && row.state === 'LISTEN') continue;
        now.add(key);
        this.note(key, nowUs, row.state);
      }
      for (const key of before) if (!now.has(key)) this.note(key, nowUs, 'CLOSED');
      this.alive.set(host, now);
    }
    this.event++;
  }

  /** The states of one connection at one of its ends, as far as it had any. */
  of(host: Host, local: string, remote: string): readonly TrueState[] {
    return this.histories.get(`${host.name} ${local} ${remote}`) ?? [];
  }

  private note(key: string, atUs: number, state: StateName): void {
    let history = this.histories.get(key);
    if (history === undefined) {
      history = [];
      this.histories.set(key, history);
    }
    if (history.at(-1)?.state !== state) history.push({ atUs, event: this.event, state });
  }
}

function rowKey(host: Host, row: SocketRow): string {
  return `${host.name} ${row.localAddress}:${row.localPort} ${row.remoteAddress}:${row.remotePort}`;
}

/** The state at the end of an event, CLOSED before the first. */
export function stateAfter(history: readonly TrueState[], event: number): StateName {
  let state: StateName = 'CLOSED';
  for (const step of history) {
    if (step.event > event) break;
    state = step.state;
  }
  return state;
}
