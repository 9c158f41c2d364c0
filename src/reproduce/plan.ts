import type { ConnectionEnding, End, LadderStep } from '../explain/types.ts';
import { Received } from './received.ts';

/** What happens to the end that is played, at microseconds since the beginning. */
export type PlanEvent =
  | { readonly atUs: number; readonly kind: 'call'; readonly call: Call }
  | { readonly atUs: number; readonly kind: 'packet'; readonly packet: PeerPacket };

export type Call =
  | { readonly name: 'open' }
  | { readonly name: 'accept' }
  | { readonly name: 'write'; readonly bytes: number }
  | { readonly name: 'read'; readonly bytes: number }
  | { readonly name: 'shutdown' }
  | { readonly name: 'close' }
  | { readonly name: 'abort' }
  | { readonly name: 'reboot' };

export interface PeerPacket {
  readonly flags: string;
  readonly seq: number;
  readonly length: number;
  readonly ack: number | null;
  readonly window: number;
  /** Octets of the SYN's maximum segment size, and its window scale; null where it is no SYN, or has none. */
  readonly mss: number | null;
  readonly windowScale: number | null;
  readonly sackPermitted: boolean;
}

/** One end of an observed connection as our TCP is to play it: its calls, and the packets that the other end sent. */
export interface Plan {
  readonly end: End;
  /** False where it refused: nobody listens. */
  readonly listens: boolean;
  readonly receiveBuffer: number | null;
  readonly keepAlive: { readonly idle: number; readonly interval: number; readonly count: number } | null;
  readonly retries: {
    readonly name: 'tcp_syn_retries' | 'tcp_synack_retries' | 'tcp_retries2';
    readonly count: number;
  } | null;
  readonly events: readonly PlanEvent[];
  /** So long somebody looked on. */
  readonly endUs: number;
}

/** Why a connection cannot be played. */
export class Unplayable extends Error {
  override readonly name: string = 'Unplayable';
}

/** A call comes so much before what it sends. */
const BEFORE_US = 1;
/** The longest that an ACK may be delayed on Linux. */
const LAST_ANSWER_US = 200_000;
/** Between segments of one SEND. */
const BURST_US = 20_000;
const PROBES: ReadonlySet<string> = new Set([
  'keepalive probe',
  'window probe',
  'retransmission',
  'not from this end',
]);

/** Infers what an end did from what it sent: throws `Unplayable` with the reason where that is not enough. */
export function planOf(ending: ConnectionEnding, end: End, silentUntilUs: number): Plan {
  return new Planner(ending, end).plan(silentUntilUs);
}

class Planner {
  readonly #ending: ConnectionEnding;
  readonly #end: End;
  readonly #events: PlanEvent[] = [];
  readonly #received: Received = new Received();
  readonly #startS: number;
  readonly #refuses: boolean;
  /** No read after this moment, so that the close finds unread data. */
  readonly #readUntilUs: number;
  readonly #reopensAtUs: number;
  #sent = 1;
  #unread = 0;
  #peerDataSinceWrite = 0;
  /** Beyond all that the other end sent, and whether packets of it are missing from the ladder of a long connection. */
  #peerNext = 1;
  #wasSkipped = false;
  #lastWrite: { event: { call: { name: 'write'; bytes: number } }; atUs: number } | null = null;
  #isOpen = false;
  #isClosed = false;

  constructor(ending: ConnectionEnding, end: End) {
    this.#ending = ending;
    this.#end = end;
    const { ladder } = ending;
    if (ladder.length === 0) throw new Unplayable('the capture holds none of its packets');
    if (ladder.some((step) => step.flags.startsWith('ICMP')))
      throw new Unplayable(
        'an ICMP error decided it, which a script of packets of one connection does not have',
      );
    this.#startS = ladder[0]!.at;
    this.#refuses = end === 'server' && ending.closeKind === 'refused';
    const zero = ladder.findLast(
      (step) => step.from === end && step.window === 0 && !/RST|SYN/.test(step.flags),
    );
    this.#reopensAtUs = zero === undefined ? -1 : this.#us(zero);
    const last = ladder.findLast((step) => step.from === end && step.length > 0);
    const leavesUnread = end === ending.rstSender && /unread|queue/.test(ending.verdict.cause ?? '');
    this.#readUntilUs = leavesUnread ? (last === undefined ? -1 : this.#us(last)) : Number.POSITIVE_INFINITY;
  }

  plan(silentUntilUs: number): Plan {
    const { ladder, opening } = this.#ending;
    if (opening === 'none') this.#handshake();
    else if (this.#end === 'client') this.#call(0, { name: 'open' });
    for (const [index, step] of ladder.entries()) {
      if (step.skipped > 0) this.#wasSkipped = true;
      if (step.from === this.#end) this.#own(step, index);
      else this.#peers(step);
    }
    return {
      end: this.#end,
      listens: !this.#refuses,
      receiveBuffer: this.#receiveBuffer(),
      keepAlive: this.#keepAlive(),
      retries: this.#retries(),
      events: this.#events,
      endUs: Math.max(silentUntilUs, this.#us(ladder.at(-1)!) + LAST_ANSWER_US),
    };
  }

  #us(step: LadderStep): number {
    return Math.round((step.at - this.#startS) * 1e6);
  }

  /** A call comes before what it sends, and after what had happened by then. */
  #justBefore(step: LadderStep, index: number): number {
    const before = this.#ending.ladder[index - 1];
    return Math.max(this.#us(step) - BEFORE_US, before === undefined ? 0 : this.#us(before));
  }

  #call(atUs: number, call: Call): void {
    this.#events.push({ atUs: Math.max(0, atUs), kind: 'call', call });
  }

  #packet(atUs: number, packet: Omit<PeerPacket, 'mss' | 'windowScale' | 'sackPermitted'>): void {
    const options = this.#ending.ends[this.#end === 'client' ? 'server' : 'client'].options;
    const isSyn = packet.flags.includes('S');
    this.#events.push({
      atUs,
      kind: 'packet',
      packet: {
        ...packet,
        mss: isSyn ? (options?.mss ?? 1460) : null,
        windowScale: isSyn ? (options?.windowScale ?? null) : null,
        sackPermitted: isSyn && (options?.sackPermitted ?? false),
      },
    });
  }

  /** Of a connection that was open when the capture began. */
  #handshake(): void {
    const window = 65_535;
    if (this.#end === 'client') {
      this.#call(0, { name: 'open' });
      this.#packet(1, { flags: 'S.', seq: 0, length: 0, ack: 1, window });
    } else {
      this.#packet(0, { flags: 'S', seq: 0, length: 0, ack: null, window });
      this.#packet(1, { flags: '.', seq: 1, length: 0, ack: 1, window });
    }
    this.#established(1);
  }

  #established(atUs: number): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    if (this.#end === 'server') this.#call(atUs, { name: 'accept' });
  }

  /** What the end itself sent tells what its application did. */
  #own(step: LadderStep, index: number): void {
    const atUs = this.#justBefore(step, index);
    if (step.notes.some((note) => PROBES.has(note)) && !step.flags.includes('RST')) return;
    const endSeq = step.seq + step.length;
    if (step.flags.includes('RST')) this.#ownReset(step, index);
    if (/RST|SYN/.test(step.flags)) return;
    if (endSeq > this.#sent && !this.#isClosed) {
      this.#established(atUs);
      this.#write(atUs, endSeq - this.#sent);
      this.#sent = endSeq;
    }
    if (step.flags.includes('FIN') && !this.#isClosed) {
      this.#established(atUs);
      this.#isClosed = true;
      this.#call(atUs, { name: this.#stillReads(step, index) ? 'shutdown' : 'close' });
    }
  }

  /** Segments that follow each other closely were one SEND: what an application writes bit by bit opens no congestion window. */
  #write(atUs: number, bytes: number): void {
    const last = this.#lastWrite;
    if (last !== null && atUs - last.atUs <= BURST_US && this.#peerDataSinceWrite === 0) {
      const { event } = last;
      event.call = { name: 'write', bytes: event.call.bytes + bytes };
      last.atUs = atUs;
      return;
    }
    const event = { atUs, kind: 'call' as const, call: { name: 'write' as const, bytes } };
    this.#events.push(event);
    this.#lastWrite = { event, atUs };
    this.#peerDataSinceWrite = 0;
  }

  /** After its FIN it took data, or answered later than a closed socket would: it had only shut down one way. */
  #stillReads(fin: LadderStep, index: number): boolean {
    const later = this.#ending.ladder.slice(index + 1);
    const other = later.filter((step) => step.from !== this.#end && step.from !== 'middlebox');
    const brings = other.some((step) => step.length > 0 && !step.notes.includes('retransmission'));
    const resets = later.some((step) => step.from === this.#end && step.flags.includes('RST'));
    const late = other.some((step) => step.flags.includes('FIN') && step.at - fin.at > 60);
    return (brings || late) && !resets;
  }

  #ownReset(step: LadderStep, index: number): void {
    if (this.#refuses || this.#isClosed) return;
    const atUs = this.#justBefore(step, index);
    const state = this.#end === 'client' ? step.clientState : step.serverState;
    const before = this.#ending.ladder[index - 1];
    const answersHandshake = before?.flags.includes('SYN') === true && before.from !== this.#end;
    this.#isClosed = true;
    if (step.notes.includes('form B') && !answersHandshake) {
      if (before === undefined || before.from === this.#end)
        throw new Unplayable('its RST answers a packet that is not in the capture');
      // Whoever sends this has no memory of the connection: it is lost before what asks for the RST comes.
      const asked = this.#events.findLastIndex((event) => event.kind === 'packet');
      if (asked < 0) throw new Unplayable('its RST answers a packet that is not in the capture');
      const at = this.#events[asked]!.atUs;
      this.#events.splice(asked, 0, { atUs: at, kind: 'call', call: { name: 'reboot' } });
      return;
    }
    if (state === 'SYN-SENT') return;
    this.#established(atUs);
    this.#call(atUs, { name: this.#unread > 0 ? 'close' : 'abort' });
  }

  /** What the other end sent, or somebody in its name. */
  #peers(step: LadderStep): void {
    const atUs = this.#us(step);
    if (step.from === 'middlebox' && !this.#isAddressedHere(step)) return;
    if (this.#wasSkipped) this.#fill(step, atUs);
    this.#peerNext = Math.max(this.#peerNext, step.seq + step.length);
    this.#packet(atUs, {
      flags: letters(step.flags),
      seq: step.seq,
      length: step.length,
      ack: step.ack,
      window: step.window,
    });
    if (step.flags.includes('RST')) return;
    const isHandshakeAck = this.#end === 'server' && !step.flags.includes('SYN');
    if (isHandshakeAck && !this.#refuses) this.#established(atUs);
    this.#take(step.seq, step.length);
    if (this.#unread === 0 || this.#isClosed || atUs < this.#reopensAtUs || atUs > this.#readUntilUs) return;
    if (!this.#isOpen && this.#end === 'server') return;
    this.#call(atUs, { name: 'read', bytes: this.#unread });
    this.#unread = 0;
  }

  #take(seq: number, length: number): void {
    this.#unread += this.#received.add(seq, length);
    this.#peerDataSinceWrite += length;
  }

  /** What the ladder left out comes at once. */
  #fill(step: LadderStep, atUs: number): void {
    const size = this.#ending.ends[this.#end].options?.mss ?? 1460;
    for (let seq = this.#peerNext; seq < step.seq; seq += size) {
      const length = Math.min(size, step.seq - seq);
      this.#packet(atUs, { flags: '.', seq, length, ack: step.ack, window: step.window });
      this.#take(seq, length);
    }
    this.#wasSkipped = false;
  }

  /** An injected RST is for the end that it closed. */
  #isAddressedHere(step: LadderStep): boolean {
    return (this.#end === 'client' ? step.clientState : step.serverState) === 'CLOSED';
  }

  /** Where its window closed, the buffer was as large as what it held by then. */
  #receiveBuffer(): number | null {
    if (this.#reopensAtUs < 0) return null;
    let held = 0;
    for (const step of this.#ending.ladder) {
      if (step.from !== this.#end) held = Math.max(held, step.seq + step.length - 1);
      else if (step.window === 0 && !/RST|SYN/.test(step.flags)) break;
    }
    return Math.max(held, 2048);
  }

  #keepAlive(): Plan['keepAlive'] {
    const probes = this.#ending.ladder.filter(
      (step) => step.from === this.#end && step.notes.includes('keepalive probe'),
    );
    if (probes.length === 0) return null;
    const first = probes[0]!;
    const before = this.#ending.ladder.findLast((step) => step.at < first.at && step.packet < first.packet);
    const seconds = (from: LadderStep | undefined, to: LadderStep | undefined): number =>
      from === undefined || to === undefined ? 1 : Math.max(1, Math.round(to.at - from.at));
    return { idle: seconds(before, first), interval: seconds(probes[0], probes[1]), count: probes.length };
  }

  /** Tries that it made before it gave up. */
  #retries(): Plan['retries'] {
    const { closeKind, ladder } = this.#ending;
    const own = ladder.filter((step) => step.from === this.#end);
    if (closeKind === 'connect-timeout') {
      const syns = own.filter((step) => step.flags.includes('SYN')).length;
      if (syns === 0) return null;
      return { name: this.#end === 'client' ? 'tcp_syn_retries' : 'tcp_synack_retries', count: syns - 1 };
    }
    const again = own.filter((step) => step.notes.includes('retransmission')).length;
    return closeKind === 'timeout' && again > 0 ? { name: 'tcp_retries2', count: again } : null;
  }
}

/** `PSH, ACK` as packetdrill has it: `P.` */
function letters(flags: string): string {
  const names: readonly (readonly [string, string])[] = [
    ['FIN', 'F'],
    ['SYN', 'S'],
    ['RST', 'R'],
    ['PSH', 'P'],
    ['ACK', '.'],
    ['URG', 'U'],
    ['ECE', 'E'],
    ['CWR', 'W'],
  ];
  const words = new Set(flags.split(', '));
  return (
    names
      .filter(([name]) => words.has(name))
      .map(([, letter]) => letter)
      .join('') || '-'
  );
}
