import type { StateName } from '../../host/index.ts';
import { Flag } from '../../wire/index.ts';

/** One side's SYN and FIN, and whether the other side acknowledged them. */
interface Side {
  syn: boolean;
  synAcked: boolean;
  fin: boolean;
  /** Sequence number after the FIN, in the numbers of the wire. */
  afterFin: number;
  finAcked: boolean;
}

function newSide(): Side {
  return { syn: false, synAcked: false, fin: false, afterFin: 0, finAcked: false };
}

/** The state that the script's end would be in, were it a TCP: told from the segments that went both ways. */
export class Peer {
  #own = newSide();
  #host = newSide();
  #reset = false;

  sent(flags: number, seq: number, ack: number, payloadLength: number): void {
    this.#note(this.#own, this.#host, flags, seq, ack, payloadLength);
  }

  got(flags: number, seq: number, ack: number, payloadLength: number): void {
    this.#note(this.#host, this.#own, flags, seq, ack, payloadLength);
  }

  #note(from: Side, to: Side, flags: number, seq: number, ack: number, payloadLength: number): void {
    if ((flags & Flag.rst) !== 0) {
      this.#reset = true;
      return;
    }
    if ((flags & Flag.syn) !== 0 && (flags & Flag.ack) === 0) {
      this.#reset = false;
      Object.assign(from, newSide());
      Object.assign(to, newSide());
    }
    if ((flags & Flag.syn) !== 0) from.syn = true;
    if ((flags & Flag.fin) !== 0) {
      from.fin = true;
      from.afterFin = (seq + payloadLength + 1) | 0;
    }
    if ((flags & Flag.ack) === 0) return;
    if (to.syn) to.synAcked = true;
    if (to.fin && ((ack - to.afterFin) | 0) >= 0) to.finAcked = true;
  }

  get state(): StateName {
    const own = this.#own;
    const host = this.#host;
    if (this.#reset || (!own.syn && !host.syn)) return 'CLOSED';
    if (!own.syn) return 'LISTEN';
    if (!host.syn) return 'SYN-SENT';
    if (!own.synAcked) return 'SYN-RECEIVED';
    if (host.fin) {
      if (!own.fin) return 'CLOSE-WAIT';
      if (!own.finAcked) return host.finAcked ? 'LAST-ACK' : 'CLOSING';
      return 'TIME-WAIT';
    }
    if (!own.fin) return 'ESTABLISHED';
    return own.finAcked ? 'FIN-WAIT-2' : 'FIN-WAIT-1';
  }
}
