import { Event, State } from '../states/index.ts';
import { step } from '../tcp/effects.ts';
import { Errno } from '../tcp/errno.ts';
import type { FastOpenState } from '../tcp/fast-open.ts';
import { prepareOffer } from '../tcp/negotiate.ts';
import type { Outgoing } from '../tcp/outgoing.ts';
import { transferBegins } from '../tcp/recovery.ts';
import type { Tcb } from '../tcp/tcb.ts';
import { formatAddress, type Segment } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import { FastOpenCounters } from './fast-open-counters.ts';
import type { HostFastOpen } from './fast-open-hook.ts';
import { cookieOf, encodeOption, type FastOpenOption, findOption } from './fast-open-option.ts';
import type { Host } from './host.ts';
import type { Listener } from './listener.ts';
import type { Socket } from './socket.ts';

/** Bits of net.ipv4.tcp_fastopen. */
const Enable = {
  client: 0x1,
  server: 0x2,
  /** Text on a SYN without any cookie: sent, taken. */
  clientWithoutCookie: 0x4,
  serverWithoutCookie: 0x200,
  /** All listeners, as if TCP_FASTOPEN had been set to their backlog. */
  allListeners: 0x400,
} as const;

/** Room that is left for options on the way (Linux MAX_TCP_OPTION_SPACE). */
const OPTION_SPACE = 40;
const IP4_HEADERS = 40;
const IP6_HEADERS = 60;
const KEY_BYTES = 16;

/** What is remembered of a destination (Linux tcp_metrics). */
interface Remembered {
  mss: number;
  cookie: Uint8Array | null;
  isExperimental: boolean;
  /** The option with the number of RFC 7413 earned no cookie: 1: the experimental one is next, 2: that did not either. */
  tries: 0 | 1 | 2;
}

/** TCP Fast Open (RFC 7413) as Linux has it: cookies, and text on SYNs. */
export class FastOpenTable implements HostFastOpen {
  readonly #host: Host;
  readonly counters: FastOpenCounters = new FastOpenCounters();
  /** net.ipv4.tcp_fastopen. */
  enabled: number = Enable.client;
  #key: Uint8Array = new Uint8Array(KEY_BYTES);
  readonly #remembered: Map<string, Remembered> = new Map();
  /** By listener: most children whose handshake is not over (TCP_FASTOPEN), and keys of its own. */
  readonly #limits: WeakMap<object, number> = new WeakMap();
  readonly #keys: WeakMap<object, Uint8Array> = new WeakMap();
  readonly #withoutCookie: WeakSet<object> = new WeakSet();
  readonly #children: Map<Connection, Listener> = new Map();
  #text: Uint8Array | null = null;
  #waits: boolean = false;

  constructor(host: Host) {
    this.#host = host;
    for (let i = 0; i < KEY_BYTES; i += 4) new DataView(this.#key.buffer).setInt32(i, host.random());
  }

  /** Forgets cookies and what else is known of destinations. */
  forget(): void {
    this.#remembered.clear();
  }

  setKey(key: Uint8Array, socket: Socket | null = null): number {
    if (key.length !== KEY_BYTES && key.length !== 2 * KEY_BYTES) return -Errno.EINVAL;
    if (socket === null) this.#key = key;
    else this.#keys.set(socket, key);
    return 0;
  }

  /** TCP_FASTOPEN: so many children may wait for the end of their handshake. */
  setLimit(socket: Socket, most: number): number {
    if (most < 0) return -Errno.EINVAL;
    this.#limits.set(socket, most);
    return 0;
  }

  /** TCP_FASTOPEN_NO_COOKIE. */
  setWithoutCookie(socket: Socket, on: boolean): void {
    if (on) this.#withoutCookie.add(socket);
    else this.#withoutCookie.delete(socket);
  }

  /** Whether text could go with a SYN to this address at once. */
  hasCookie(socket: Socket, address: string): boolean {
    return this.#needsNone(socket) || (this.#remembered.get(address)?.cookie ?? null) !== null;
  }

  get isClient(): boolean {
    return (this.enabled & Enable.client) !== 0;
  }

  /** connect and send in one (`waits`: for the end of the handshake, to send the rest): octets that went with the SYN, or -errno; -EINPROGRESS where none could. */
  connectWith(socket: Socket, address: string, port: number, bytes: Uint8Array, waits: boolean): number {
    if (!this.isClient) return -Errno.EOPNOTSUPP;
    this.#text = bytes;
    this.#waits = waits;
    const result = socket.connect(address, port);
    this.#text = null;
    if (result !== -Errno.EINPROGRESS) return result;
    const sent = socket.tcb?.fastOpen?.synBytes ?? 0;
    return sent > 0 ? sent : result;
  }

  prepare(tcb: Connection): void {
    const text = this.#text;
    if (text === null) return;
    this.#text = null;
    const known = this.#remembered.get(formatAddress(tcb.family, tcb.remote));
    const cookie = known?.cookie ?? null;
    const bare = this.#needsNone(tcb.socket);
    const isExperimental = cookie === null ? known?.tries === 1 : known!.isExperimental;
    const synBytes = cookie !== null || bare ? this.#queue(tcb, text, known?.mss ?? 0) : 0;
    const option = bare ? null : encodeOption({ cookie: cookie ?? new Uint8Array(0), isExperimental });
    const waits = this.#waits && synBytes < text.length;
    tcb.fastOpen = {
      isChild: false,
      option,
      isExperimental,
      synBytes,
      repeated: false,
      waits,
      textTaken: false,
    };
  }

  #needsNone(socket: Socket | null): boolean {
    return (
      (this.enabled & Enable.clientWithoutCookie) !== 0 ||
      (socket !== null && this.#withoutCookie.has(socket))
    );
  }

  /** Text for the SYN, as much as is sure to fit; what is over waits for the handshake like any other. */
  #queue(tcb: Connection, text: Uint8Array, knownMss: number): number {
    const path = tcb.pathMtu - (tcb.family === 4 ? IP4_HEADERS : IP6_HEADERS);
    const own = tcb.maxSegOption > 0 ? Math.min(path, tcb.maxSegOption) : path;
    const space = (knownMss > 0 ? Math.min(own, knownMss) : own) - OPTION_SPACE;
    const length = Math.min(text.length, space, tcb.send.free);
    if (length <= 0) return 0;
    const growth = tcb.send.growthFor(length);
    if (growth > 0 && !this.#host.accountMemory(growth)) return 0;
    return tcb.send.write(text, 0, length);
  }

  /** RFC 7413 4.2.1: once; a SYN that is sent again goes without. */
  writeSyn(tcb: Tcb, out: Outgoing): void {
    const state = tcb.fastOpen!;
    if (tcb.backoff > 0) state.repeated = true;
    if (state.repeated) return;
    out.extra = state.option;
    if (state.synBytes === 0) return;
    out.payloadLength = state.synBytes;
    tcb.sndNxt = (tcb.iss + 1 + state.synBytes) | 0;
    tcb.pushSeq = tcb.sndNxt;
    this.#host.counters.TCPOrigDataSent++;
  }

  synWasTooBig(tcb: Tcb): void {
    tcb.fastOpen!.repeated = true;
    prepareOffer(tcb);
    step(this.#host, tcb, Event.retransmit, null);
  }

  /** Linux tcp_rcv_fastopen_synack: what was not taken goes again at once. */
  synAckArrived(tcb: Tcb, segment: Segment): void {
    const state = tcb.fastOpen!;
    const found = findOption(segment);
    this.#remember(tcb, state, found !== null && found.cookie.length > 0 ? found : null);
    if (state.synBytes === 0) return;
    state.textTaken = tcb.sndUna === tcb.sndNxt;
    if (state.textTaken) {
      this.counters.TCPFastOpenActive++;
      return;
    }
    this.counters.TCPFastOpenActiveFail++;
    tcb.sent.push(tcb.sndUna, tcb.sndNxt, tcb.firstSentAt);
    tcb.sent.markPushed();
    tcb.sent.markLost(0);
    // The text carries the ACK.
    state.waits = true;
  }

  #remember(tcb: Tcb, state: FastOpenState, found: FastOpenOption | null): void {
    const name = formatAddress(tcb.family, tcb.remote);
    const known = this.#remembered.get(name) ?? { mss: 0, cookie: null, isExperimental: false, tries: 0 };
    known.mss = tcb.peerMss;
    if (found !== null && state.option !== null) {
      known.cookie = found.cookie;
      known.isExperimental = found.isExperimental;
    } else if (state.option !== null && state.synBytes === 0 && !state.repeated && known.cookie === null) {
      const tries = state.isExperimental ? 2 : 1;
      if (tries > known.tries) known.tries = tries;
    }
    this.#remembered.set(name, known);
  }

  /** Linux tcp_try_fastopen. */
  request(listener: Listener, segment: Segment): FastOpenState | null {
    const option = findOption(segment);
    const hasText = segment.payloadLength > 0;
    const { counters } = this;
    if (option?.cookie.length === 0) counters.TCPFastOpenCookieReqd++;
    if ((this.enabled & Enable.server) === 0 || (option === null && !hasText)) return null;
    if (!this.#hasRoom(listener)) return null;
    const bare =
      (this.enabled & Enable.serverWithoutCookie) !== 0 || this.#withoutCookie.has(listener.socket);
    if (bare) {
      counters.TCPFastOpenPassive++;
      return child(null, false, hasText);
    }
    if (option === null) return null;
    const { isExperimental } = option;
    const keys = this.#keysFor(listener);
    const valid = cookieOf(keys[0]!, segment);
    const offer = encodeOption({ cookie: valid, isExperimental });
    const key = keys.findIndex((one) => equal(cookieOf(one, segment), option.cookie));
    if (key >= 0) {
      counters.TCPFastOpenPassive++;
      if (key > 0) counters.TCPFastOpenPassiveAltKey++;
      return child(key === 0 ? null : offer, isExperimental, hasText);
    }
    if (option.cookie.length > 0) counters.TCPFastOpenPassiveFail++;
    return {
      isChild: false,
      option: offer,
      isExperimental,
      synBytes: 0,
      repeated: false,
      waits: false,
      textTaken: false,
    };
  }

  /**
   * RFC 7413 4.2.2: text flows before the ACK of our SYN-ACK, so it counts as acknowledged; its timer runs on. The child takes up room of
   * TCP_FASTOPEN until its handshake is over.
   */
  childBegins(tcb: Connection, listener: Listener): void {
    tcb.synAcked = true;
    tcb.sndUna = tcb.sndNxt;
    transferBegins(this.#host, tcb);
    this.#children.set(tcb, listener);
    listener.completed(tcb);
  }

  /** Linux tcp_fastopen_queue_check. */
  #hasRoom(listener: Listener): boolean {
    const limit = this.#limitOf(listener);
    if (this.#waiting(listener) < limit) return true;
    if (limit > 0) this.counters.TCPFastOpenListenOverflow++;
    return false;
  }

  #waiting(listener: Listener): number {
    let count = 0;
    for (const [tcb, of] of this.#children) {
      if (tcb.state !== State.synReceived || tcb.fastOpen?.isChild !== true) this.#children.delete(tcb);
      else if (of === listener) count++;
    }
    return count;
  }

  #limitOf(listener: Listener): number {
    const set = this.#limits.get(listener.socket);
    if (set !== undefined) return set;
    return (this.enabled & Enable.allListeners) !== 0 ? listener.backlog : 0;
  }

  #keysFor(listener: Listener): Uint8Array[] {
    const both = this.#keys.get(listener.socket) ?? this.#key;
    return both.length > KEY_BYTES ? [both.subarray(0, KEY_BYTES), both.subarray(KEY_BYTES)] : [both];
  }
}

function child(option: Uint8Array | null, isExperimental: boolean, textTaken: boolean): FastOpenState {
  return { isChild: true, option, isExperimental, synBytes: 0, repeated: false, waits: false, textTaken };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
