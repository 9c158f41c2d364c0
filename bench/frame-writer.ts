import { writeSync } from 'node:fs';
import type { Host } from '../scripts/traffic/host.ts';
import type { SegmentPlan } from '../scripts/traffic/talk.ts';
import { PcapWriter } from '../src/capture/index.ts';
import {
  LinkType,
  Protocol,
  writeIp4Header,
  writeIp6Header,
  writeOptions,
  writeTcpChecksum,
  writeTcpHeader,
} from '../src/wire/index.ts';

const BUFFER_BYTES = 8 << 20;
/** More than a record of the largest frame. */
const ROOM = 1 << 17;
const RECORD_HEADER = 16;
const ETHERNET_HEADER = 14;

/** Writes a pcap file of Ethernet frames, built in place in one big buffer: a gigabyte takes seconds. */
export class FrameWriter {
  packets: number = 0;
  bytes: number = 0;
  private readonly fd: number;
  private readonly buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);
  private readonly view: DataView = new DataView(this.buffer.buffer);
  private used: number = 0;

  constructor(fd: number) {
    this.fd = fd;
    new PcapWriter((header) => this.put(header), { linkType: LinkType.ethernet });
  }

  segment(plan: SegmentPlan): void {
    const start = this.used;
    const at = this.ethernet(plan.from, plan.to, start + RECORD_HEADER);
    const ip6 = plan.from.ip.family === 6;
    const tcpAt = at + (ip6 ? 40 : 20);
    const headerLength = 20 + writeOptions(this.buffer, tcpAt + 20, plan.options);
    const tcpLength = headerLength + plan.payload.length;
    if (ip6) this.ip6(plan, at, tcpLength);
    else this.ip4(plan, at, tcpLength);
    writeTcpHeader(this.buffer, tcpAt, {
      sourcePort: plan.sourcePort,
      destinationPort: plan.destinationPort,
      seq: plan.seq,
      ack: plan.ack,
      flags: plan.flags,
      window: plan.window,
      urgentPointer: 0,
      headerLength,
    });
    this.buffer.set(plan.payload, tcpAt + headerLength);
    writeTcpChecksum(this.view, tcpAt, tcpLength, plan.from.ip.words, plan.to.ip.words);
    this.close(plan.atUs, start, tcpAt + tcpLength);
  }

  packet(atUs: number, from: Host, to: Host, packet: Uint8Array): void {
    const start = this.used;
    const at = this.ethernet(from, to, start + RECORD_HEADER);
    this.buffer.set(packet, at);
    this.close(atUs, start, at + packet.length);
  }

  flush(): void {
    for (let done = 0; done < this.used; ) done += writeSync(this.fd, this.buffer, done, this.used - done);
    this.used = 0;
  }

  private put(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
    this.bytes += bytes.length;
  }

  private ethernet(from: Host, to: Host, at: number): number {
    this.buffer.set(to.mac, at);
    this.buffer.set(from.mac, at + 6);
    this.view.setUint16(at + 12, from.ip.family === 6 ? 0x86dd : 0x0800);
    return at + ETHERNET_HEADER;
  }

  private ip4(plan: SegmentPlan, at: number, length: number): void {
    writeIp4Header(this.buffer, this.view, at, {
      source: plan.from.ip.words,
      destination: plan.to.ip.words,
      protocol: Protocol.tcp,
      totalLength: 20 + length,
      hopLimit: plan.from.hopLimit,
      identification: plan.identification,
      dontFragment: true,
      ecn: 0,
    });
  }

  private ip6(plan: SegmentPlan, at: number, length: number): void {
    writeIp6Header(this.buffer, at, {
      source: plan.from.ip.words,
      destination: plan.to.ip.words,
      nextHeader: Protocol.tcp,
      payloadLength: length,
      hopLimit: plan.from.hopLimit,
      ecn: 0,
    });
  }

  /** The record header, once the frame's end is known. */
  private close(atUs: number, start: number, end: number): void {
    const length = end - start - RECORD_HEADER;
    this.view.setUint32(start, Math.floor(atUs / 1_000_000), true);
    this.view.setUint32(start + 4, Math.floor(atUs) % 1_000_000, true);
    this.view.setUint32(start + 8, length, true);
    this.view.setUint32(start + 12, length, true);
    this.used = end;
    this.packets++;
    this.bytes += end - start;
    if (this.used > BUFFER_BYTES - ROOM) this.flush();
  }
}
