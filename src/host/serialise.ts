import type { Outgoing } from '../tcp/outgoing.ts';
import { Flag, Protocol, pseudoHeaderSum, type Segment } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import { writeTcpOptions } from './option-layout.ts';
import type { Packet } from './packet.ts';
import { routeBytes } from './source-route.ts';

/** An IP length field holds no more; a longer super-segment says 0, as cards that cut segments up take it. */
const MAX_LENGTH = 0xffff;
const TCP_HEADER = 20;

/** The packet that `out` describes, with text from the send buffer. */
export function writeSegment(host: Host, tcb: Connection, out: Outgoing): Packet {
  const ipLength = tcb.family === 4 ? 20 + routeBytes(tcb.route) : 40;
  const packet = host.packets.take(ipLength + 60 + out.payloadLength);
  const { bytes } = packet;
  let optionsLength =
    out.optionKinds === 0
      ? 0
      : writeTcpOptions(packet.view, ipLength + TCP_HEADER, out, host.config.optionLayout);
  if (out.extra !== null) {
    bytes.set(out.extra, ipLength + TCP_HEADER + optionsLength);
    optionsLength += out.extra.length;
    out.extra = null;
  }
  const headerLength = TCP_HEADER + optionsLength;
  if (out.garbage) bytes[ipLength + headerLength] = 0;
  else if (out.payloadLength > 0) {
    tcb.send.copyTo(out.payloadOffset, bytes, ipLength + headerLength, out.payloadLength);
  }
  packet.length = ipLength + headerLength + out.payloadLength;
  packet.segmentSize = out.segmentSize;
  packet.cwrInAll = tcb.accEcn !== null;
  packet.trusted = tcb.trusted;
  writeTcp(packet, ipLength, headerLength, tcb.localPort, tcb.remotePort, out);
  writeIp(tcb, packet, out);
  if (tcb.route !== null && tcb.family === 4) host.sourceRoutes!.write(packet, tcb.route, tcb.remote[3]!);
  if (!tcb.trusted) writeChecksum(host, packet, ipLength, tcb.local, tcb.remote);
  return packet;
}

function writeTcp(
  packet: Packet,
  at: number,
  headerLength: number,
  localPort: number,
  remotePort: number,
  out: Outgoing,
): void {
  const view = packet.view;
  view.setUint32(at, (localPort << 16) | remotePort);
  view.setInt32(at + 4, out.seq);
  view.setInt32(at + 8, out.ack);
  view.setUint16(at + 12, (headerLength << 10) | (out.flags & 0xfff));
  view.setUint16(at + 14, out.window);
  view.setUint32(at + 16, out.urgentPointer);
}

function writeIp(tcb: Connection, packet: Packet, out: Outgoing): void {
  const trafficClass = (tcb.trafficClass & 0xfc) | out.ecn;
  if (tcb.family === 6) {
    writeIp6(packet, tcb.local, tcb.remote, trafficClass, tcb.hopLimit);
    return;
  }
  writeIp4(
    packet,
    tcb.local[3]!,
    tcb.remote[3]!,
    trafficClass,
    tcb.hopLimit,
    tcb.ipId,
    tcb.config.pathMtuDiscovery,
  );
  // Each segment that a super-segment is cut into has a number of its own (Linux inet_gso_segment).
  const segments = out.segmentSize > 0 ? Math.ceil(out.payloadLength / out.segmentSize) : 1;
  tcb.ipId = (tcb.ipId + segments) & 0xffff;
}

/** Twenty octets with their checksum, which is summed up from the fields: they are at hand. */
function writeIp4(
  packet: Packet,
  source: number,
  destination: number,
  trafficClass: number,
  hopLimit: number,
  identification: number,
  dontFragment: boolean,
): void {
  const view = packet.view;
  const length = packet.length <= MAX_LENGTH ? packet.length : 0;
  const first = 0x4500 | trafficClass;
  const fragment = dontFragment ? 0x4000 : 0;
  const protocol = (hopLimit << 8) | Protocol.tcp;
  let sum = first + length + identification + fragment + protocol;
  sum += (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setInt32(0, (first << 16) | length);
  view.setInt32(4, (identification << 16) | fragment);
  view.setInt32(8, (protocol << 16) | (~sum & 0xffff));
  view.setInt32(12, source);
  view.setInt32(16, destination);
}

function writeIp6(
  packet: Packet,
  source: Int32Array,
  destination: Int32Array,
  trafficClass: number,
  hopLimit: number,
): void {
  const view = packet.view;
  const length = packet.length - 40 <= MAX_LENGTH ? packet.length - 40 : 0;
  view.setInt32(0, 0x60000000 | (trafficClass << 20));
  view.setInt32(4, (length << 16) | (Protocol.tcp << 8) | hopLimit);
  for (let i = 0; i < 4; i++) {
    view.setInt32(8 + 4 * i, source[i]!);
    view.setInt32(24 + 4 * i, destination[i]!);
  }
}

function writeChecksum(
  host: Host,
  packet: Packet,
  at: number,
  source: Int32Array,
  destination: Int32Array,
): void {
  const length = packet.length - at;
  const pseudo = pseudoHeaderSum(source, destination, Protocol.tcp, length);
  packet.view.setUint16(at + 16, ~host.sum(packet.bytes, packet.view, at, length, pseudo) & 0xffff);
}

/** What a segment without a control block says; the rest of `Outgoing` is not read. */
function clearOut(out: Outgoing): void {
  out.window = 0;
  out.urgentPointer = 0;
  out.optionKinds = 0;
  out.sackCount = 0;
  out.payloadLength = 0;
  out.segmentSize = 0;
  out.ecn = 0;
}

/** RFC 9293 3.10.7.1: an RST that the sender of `segment` will accept. */
export function writeReset(host: Host, segment: Segment): void {
  const out = host.out;
  clearOut(out);
  if ((segment.flags & Flag.ack) !== 0) {
    out.seq = segment.ack;
    out.ack = 0;
    out.flags = Flag.rst;
  } else {
    const syn = (segment.flags & Flag.syn) !== 0 ? 1 : 0;
    const fin = (segment.flags & Flag.fin) !== 0 ? 1 : 0;
    out.seq = 0;
    out.ack = (segment.seq + segment.payloadLength + syn + fin) | 0;
    out.flags = Flag.rst | Flag.ack;
  }
  host.counters.OutRsts++;
  sendAnswer(host, segment, out);
}

/** The socket that holds the port, connected or not. */
function boundTo(host: Host, port: number): Connection | null {
  return host.inUse.find((tcb) => tcb.localPort === port && tcb.socket !== null) ?? null;
}

/** Sends what `out` says, without text, back to where `segment` came from. */
export function sendAnswer(host: Host, segment: Segment, out: Outgoing): void {
  const isIp4 = segment.family === 4;
  const ipLength = isIp4 ? 20 : 40;
  const packet = host.packets.take(ipLength + 60);
  const optionsLength =
    out.optionKinds === 0
      ? 0
      : writeTcpOptions(packet.view, ipLength + TCP_HEADER, out, host.config.optionLayout);
  packet.length = ipLength + TCP_HEADER + optionsLength;
  packet.segmentSize = 0;
  packet.trusted = host.trusted;
  writeTcp(packet, ipLength, TCP_HEADER + optionsLength, segment.destinationPort, segment.sourcePort, out);
  const owner = host.config.answersAsSocket ? boundTo(host, segment.destinationPort) : null;
  const hopLimit = owner?.hopLimit ?? host.config.hopLimit;
  const trafficClass = owner?.trafficClass ?? 0;
  if (isIp4) writeIp4(packet, segment.destination[3]!, segment.source[3]!, trafficClass, hopLimit, 0, true);
  else writeIp6(packet, segment.destination, segment.source, trafficClass, hopLimit);
  if (!host.trusted) writeChecksum(host, packet, ipLength, segment.destination, segment.source);
  host.counters.OutSegs++;
  host.send(packet, segment.family, segment.source);
}
