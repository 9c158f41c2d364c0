import type { Environment } from '../tcp/environment.ts';
import { unsentBytes } from '../tcp/send-queue.ts';
import type { Tcb } from '../tcp/tcb.ts';
import type { Connection } from './connection.ts';
import type { Socket } from './socket.ts';

/** What holds sending up, as Linux's enum tcp_chrono counts. */
const Held = { idle: 0, busy: 1, byWindow: 2, byBuffer: 3 } as const;
type Held = (typeof Held)[keyof typeof Held];

/** How long a connection had something to send, and of that, how long the peer's window or its own send buffer was what limited it. */
export interface SendingTimes {
  readonly busyUs: number;
  readonly windowLimitedUs: number;
  readonly bufferLimitedUs: number;
}

interface Clock {
  iss: number;
  held: Held;
  since: number;
  readonly us: number[];
}

/**
 * tcpi_busy_time, tcpi_rwnd_limited and tcpi_sndbuf_limited for the connections of one host (Linux tcp_chrono_start). It looks whenever a connection
 * has sent what it could: set `host.watch` to `look`. `noSpace`: a write found the buffer full and nobody has been woken since.
 */
export class SendingClocks {
  readonly #clocks: WeakMap<Tcb, Clock> = new WeakMap();
  readonly #noSpace: (socket: Socket) => boolean;

  constructor(noSpace: (socket: Socket) => boolean) {
    this.#noSpace = noSpace;
  }

  readonly look = (env: Environment, tcb: Tcb, sentNew: boolean): void => {
    const clock = this.#clockOf(tcb, env.now);
    const held = this.#heldBy(tcb, clock.held, sentNew);
    if (held === clock.held) return;
    clock.us[clock.held]! += env.now - clock.since;
    clock.held = held;
    clock.since = env.now;
  };

  timesOf({ tcb, host: { now } }: Socket): SendingTimes {
    if (tcb === null) return { busyUs: 0, windowLimitedUs: 0, bufferLimitedUs: 0 };
    const clock = this.#clockOf(tcb, now);
    const us = (held: Held): number => clock.us[held]! + (clock.held === held ? now - clock.since : 0);
    const windowLimitedUs = us(Held.byWindow);
    const bufferLimitedUs = us(Held.byBuffer);
    return { busyUs: us(Held.busy) + windowLimitedUs + bufferLimitedUs, windowLimitedUs, bufferLimitedUs };
  }

  #clockOf(tcb: Tcb, now: number): Clock {
    const known = this.#clocks.get(tcb);
    // Control blocks are used again.
    if (known !== undefined && known.iss === tcb.iss) return known;
    const clock: Clock = { iss: tcb.iss, held: Held.idle, since: now, us: [0, 0, 0, 0] };
    this.#clocks.set(tcb, clock);
    return clock;
  }

  #heldBy(tcb: Tcb, before: Held, sentNew: boolean): Held {
    const unsent = unsentBytes(tcb);
    if (unsent === 0 && tcb.sent.count === 0) return Held.idle;
    if (unsent > 0) {
      const room = (tcb.sndUna + tcb.sndWnd - tcb.sndNxt) | 0;
      // cwnd is asked first (Linux tcp_write_xmit).
      const isByWindow = tcb.sent.pipe < tcb.cwnd && room < Math.min(unsent, tcb.sndMss);
      return isByWindow ? Held.byWindow : Held.busy;
    }
    const { socket } = tcb as Connection;
    const isShort = socket !== null && this.#noSpace(socket);
    // It begins when all is sent and cwnd has room left, and lasts until somebody is woken (Linux tcp_cwnd_validate, tcp_check_space).
    if (isShort && (before === Held.byBuffer || (sentNew && !tcb.cwndLimited))) return Held.byBuffer;
    return Held.busy;
  }
}
