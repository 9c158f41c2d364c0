import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteCollector, PcapWriter } from '../../src/capture/index.ts';
import { encodeSegment, Flag, LinkType } from '../../src/wire/index.ts';

const START_US = 1_767_225_600_000_000;
const CLIENT = '192.0.2.1';
const SERVER = '198.51.100.7';

function capture(write: (add: (timeUs: number, packet: Uint8Array) => void) => void): Uint8Array {
  const collector = new ByteCollector();
  const writer = new PcapWriter(collector.sink, { linkType: LinkType.raw });
  write((timeUs, packet) => writer.write(START_US + timeUs, packet));
  return collector.bytes();
}

/** A capture as a file of its own: a page takes a large one from there, not through the test. */
export function asFile(name: string, bytes: Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lastack-page-')), name);
  writeFileSync(path, bytes);
  return path;
}

/** Very many connections of two packets: a SYN, and the RST of a port where nobody listens. */
export function manyConnections(count: number): Uint8Array {
  return capture((add) => {
    for (let i = 0; i < count; i++) {
      const client = { source: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, sourcePort: 40_000 };
      const server = { destination: SERVER, destinationPort: 1 + (i % 1_000) };
      add(i * 100, encodeSegment({ ...client, ...server, seq: i, flags: Flag.syn, window: 64_240 }));
      const back = { source: SERVER, sourcePort: server.destinationPort };
      const to = { destination: client.source, destinationPort: client.sourcePort };
      add(i * 100 + 50, encodeSegment({ ...back, ...to, ack: i + 1, flags: Flag.rst | Flag.ack }));
    }
  });
}

/** One connection with very many segments, closed in order. */
export function longConnection(segments: number): Uint8Array {
  const there = { source: CLIENT, destination: SERVER, sourcePort: 40_000, destinationPort: 80, window: 502 };
  const back = { source: SERVER, destination: CLIENT, sourcePort: 80, destinationPort: 40_000, window: 502 };
  const payload = new Uint8Array(20).fill(46);
  return capture((add) => {
    add(0, encodeSegment({ ...there, seq: 0, flags: Flag.syn }));
    add(10_000, encodeSegment({ ...back, seq: 0, ack: 1, flags: Flag.syn | Flag.ack }));
    add(20_000, encodeSegment({ ...there, seq: 1, ack: 1, flags: Flag.ack }));
    let [at, seq] = [20_000, 1];
    for (let i = 0; i < (segments - 7) / 2; i++) {
      at += 1_000;
      add(at, encodeSegment({ ...there, seq, ack: 1, flags: Flag.ack | Flag.psh, payload }));
      seq += payload.length;
      add(at + 500, encodeSegment({ ...back, seq: 1, ack: seq, flags: Flag.ack }));
    }
    add(at + 2_000, encodeSegment({ ...there, seq, ack: 1, flags: Flag.fin | Flag.ack }));
    add(at + 12_000, encodeSegment({ ...back, seq: 1, ack: seq + 1, flags: Flag.ack }));
    add(at + 22_000, encodeSegment({ ...back, seq: 1, ack: seq + 1, flags: Flag.fin | Flag.ack }));
    add(at + 32_000, encodeSegment({ ...there, seq: seq + 1, ack: 2, flags: Flag.ack }));
  });
}
