import { EVENT_COUNT, Event, State } from '../states/index.ts';
import { segmentArrives } from '../tcp/arrive.ts';
import { icmpArrives } from '../tcp/icmp.ts';
import {
  Flag,
  onesSum,
  Problem,
  Protocol,
  pseudoHeaderSum,
  type Segment,
  SegmentKind,
} from '../wire/index.ts';
import { isUnicast } from './addresses.ts';
import type { Host } from './host.ts';
import { findListener, synArrives } from './listener.ts';
import { timeWaitArrives } from './time-wait-arrives.ts';

const SYN_FIN = Flag.syn | Flag.fin;

/** Problems of a packet that make it no use. */
const DAMAGED = Problem.truncated | Problem.badLength | Problem.sliced;

/** A raw IP packet came in: who it is for, and whether it is whole, is settled here. */
export function packetArrives(
  host: Host,
  bytes: Uint8Array,
  view: DataView,
  length: number,
  trusted: boolean,
  inside: boolean,
): void {
  const isIp6 = bytes[0]! >> 4 === 6;
  if (length < 20 || (!trusted && !isIp6 && !headerIsGood(bytes, view, length))) return;
  const decoder = host.decoder;
  decoder.decode(bytes, view, length, host.now);
  const segment = decoder.segment;
  const hasOptions = !isIp6 && (bytes[0]! & 15) > 5;
  host.arrivingRoute = hasOptions && host.sourceRoutes !== null ? host.sourceRoutes.back(bytes, view) : null;
  if (segment.kind === SegmentKind.tcp) tcpArrives(host, segment, trusted, inside);
  else if (segment.kind === SegmentKind.icmpError) errorArrives(host, segment, bytes, view, length, trusted);
}

/** RFC 1122 3.2.1.2: a header with a wrong checksum is dropped without a word. */
function headerIsGood(bytes: Uint8Array, view: DataView, length: number): boolean {
  const headerLength = (bytes[0]! & 15) << 2;
  return headerLength >= 20 && headerLength <= length && onesSum(view, 0, headerLength) === 0xffff;
}

function tcpArrives(host: Host, segment: Segment, trusted: boolean, inside: boolean): void {
  const counters = host.counters;
  const { family, source, destination } = segment;
  const localIndex = inside
    ? host.book.find(family, destination)
    : host.book.findFrom(family, source, destination);
  if (localIndex < 0) return;
  counters.InSegs++;
  if ((segment.problems & DAMAGED) !== 0) {
    counters.InErrs++;
    return;
  }
  if (!trusted && !checksumIsGood(host, segment)) {
    counters.InCsumErrors++;
    counters.InErrs++;
    return;
  }
  if (host.config.dropsSynFin && (segment.flags & SYN_FIN) === SYN_FIN && !waitsFor(host, segment)) return;
  host.arriving = segment;
  deliver(host, segment, localIndex);
  host.arriving = null;
}

/** RFC 9293 MUST-3. Over a segment with its checksum the sum is zero. */
function checksumIsGood(host: Host, segment: Segment): boolean {
  const length = segment.headerLength + segment.payloadLength;
  const pseudo = pseudoHeaderSum(segment.source, segment.destination, Protocol.tcp, length);
  return host.sum(segment.bytes, segment.view, segment.headerOffset, length, pseudo) === 0xffff;
}

function deliver(host: Host, segment: Segment, localIndex: number): void {
  const { source, destination, sourcePort, destinationPort, family } = segment;
  const tcb = host.connections.find(destination, destinationPort, source, sourcePort, family);
  if (tcb !== null) {
    if (tcb.ending) strayArrives(host, segment);
    else {
      if (host.arrivingRoute !== null && !tcb.routeChosen) tcb.route = host.arrivingRoute;
      segmentArrives(host, tcb, segment);
    }
    return;
  }
  const id = host.timeWait.find(destination, destinationPort, source, sourcePort, family);
  if (id !== -1) timeWaitArrives(host, id, segment, localIndex);
  else if (isUnicast(family, source)) {
    const listener = findListener(host, segment, localIndex);
    if (listener === null) strayArrives(host, segment);
    else synArrives(host, listener, segment, localIndex, null);
  }
}

/** A TIME-WAIT that answers every SYN answers those with a FIN too: dropping them is FreeBSD's, not the standard's. */
function waitsFor(
  host: Host,
  { destination, destinationPort, source, sourcePort, family }: Segment,
): boolean {
  if (host.synInTimeWait === null) return false;
  return host.timeWait.find(destination, destinationPort, source, sourcePort, family) !== -1;
}

/** RFC 9293 3.10.7.1: there is no connection. */
function strayArrives(host: Host, segment: Segment): void {
  host.lastCell = State.closed * EVENT_COUNT + Event.stray;
  if ((segment.flags & Flag.rst) !== 0) return;
  host.replyReset(segment);
}

/** An ICMP error quotes a segment that we sent: its source is our end. */
function errorArrives(
  host: Host,
  segment: Segment,
  bytes: Uint8Array,
  view: DataView,
  length: number,
  trusted: boolean,
): void {
  const { source, destination, sourcePort, destinationPort, family } = segment;
  if (host.book.find(family, source) < 0) return;
  if (!trusted && segment.icmpFamily === 4) {
    const headerLength = (bytes[0]! & 15) << 2;
    if (onesSum(view, headerLength, length - headerLength) !== 0xffff) return;
  }
  const tcb = host.connections.find(source, sourcePort, destination, destinationPort, family);
  if (tcb !== null && !tcb.ending) icmpArrives(host, tcb, segment);
}
