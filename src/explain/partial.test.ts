import { describe, expect, it } from 'vitest';
import { exchange, packetsOf, type TraceOptions, tell, tellPackets } from '../../test/support/trace.ts';
import { Packet } from '../capture/index.ts';
import { encodeIcmpError, encodeSegment, Flag } from '../wire/index.ts';
import { Explainer } from './engine.ts';
import type { Verdict } from './types.ts';

const CLIENT = 1;
const SERVER = 2;

/** The verdict on what one end sent; raw IPv4 packets, addresses 192.0.2.1 and 198.51.100.2. */
function onlyFrom(end: number, text: string, options: TraceOptions = {}): Verdict {
  const packets = packetsOf(text, options).filter((p) => p.bytes[15] === end);
  return tellPackets(packets, options).first.verdict;
}

function setOf(verdict: Verdict): readonly (string | null)[] {
  return [verdict.cause, ...verdict.alternatives];
}

describe('a capture of one direction', () => {
  const refused = `${exchange(20)}400 C PSH ACK 40\n20 S RST`;

  it('names what else the unseen end may have done', () => {
    expect(setOf(onlyFrom(SERVER, refused))).toEqual(
      expect.arrayContaining(['peer-restarted', 'middlebox-rst', 'nat-remapped']),
    );
    const aborted = `${exchange(20)}5 S FIN ACK\n0.1 C ACK\n50 C RST ACK`;
    expect(setOf(onlyFrom(CLIENT, aborted))).toContain('linger0-in-close-wait');
    const late = `${exchange(20)}5 S FIN ACK\n0.1 C ACK\n3000 C FIN ACK\n0.1 C RST ACK`;
    expect(setOf(onlyFrom(CLIENT, late))).toContain('late-application-close');
  });

  it('does not need the ACK of the FIN to name all that can end FIN-WAIT-2', () => {
    const aborted = `${exchange(20)}100 S FIN ACK\n20 C ACK\n300 S RST ACK`;
    expect(setOf(onlyFrom(SERVER, aborted))).toEqual(
      expect.arrayContaining(['linger2-negative', 'linger0-abort', 'close-with-unread-data']),
    );
  });

  it('is surer with both', () => {
    expect(tell(refused).first.verdict.alternatives).not.toContain('middlebox-rst-volley');
  });
});

describe('a capture that lost a packet', () => {
  it('knows the FIN that it lost by the ACK of it', () => {
    const close = (fin: string): string => `${exchange(20)}5 C FIN ACK\n20 S ACK\n${fin}`;
    const whole = packetsOf(close('300 S FIN ACK\n0.1 C ACK\n5000 ICMP 3/1'));
    const told = tellPackets(whole.filter((_, i) => i !== whole.length - 3));
    expect(told.causes).not.toContain('fin-wait2-stuck');
  });
});

describe('a capture cut to 96 bytes', () => {
  const ends = { source: '2001:db8::1', destination: '2001:db8::2' };
  const opening = (port: number): Uint8Array =>
    encodeSegment({
      ...ends,
      sourcePort: port,
      destinationPort: 80,
      seq: port,
      ack: 0,
      flags: Flag.syn,
      window: 64_240,
    });
  const refusal = (port: number): Uint8Array =>
    encodeIcmpError({
      source: ends.destination,
      destination: ends.source,
      type: 1,
      code: 4,
      quoted: opening(port),
    });

  /** Raw IPv6; in a frame of Ethernet 14 bytes more would be gone. */
  function told(frames: readonly Uint8Array[], captured: number): (string | null)[] {
    const causes: (string | null)[] = [];
    const explainer = new Explainer({ onConnection: (view) => causes.push(view.causeId) });
    for (const [i, bytes] of frames.entries()) {
      const packet = new Packet();
      Object.assign(packet, { number: i + 1, timeUs: 1e15 + i * 500, linkType: 101, bytes });
      packet.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      packet.capturedLength = Math.min(captured, bytes.length);
      packet.originalLength = bytes.length;
      explainer.packet(packet);
    }
    explainer.finish();
    return causes;
  }

  it('has ICMPv6 errors whose sender alone tells the connection', () => {
    expect(told([opening(50_000), refusal(50_000)], 96)).toEqual(['icmp-port-unreachable']);
    expect(told([opening(50_000), refusal(50_000)], 82)).toEqual(['icmp-port-unreachable']);
  });

  it('does not guess between two', () => {
    expect(told([opening(50_000), opening(50_001), refusal(50_000)], 82)).not.toContain(
      'icmp-port-unreachable',
    );
  });
});
