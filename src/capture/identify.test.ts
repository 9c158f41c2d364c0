import { describe, expect, it } from 'vitest';
import { readCapture } from '../../test/support/captures.ts';
import { identify, notACaptureMessage } from './identify.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

describe('identify', () => {
  it.each([
    ['\xd4\xc3\xb2\xa1', 'pcap'],
    ['\xa1\xb2\x3c\x4d', 'pcap'],
    ['\n\r\r\n', 'pcapng'],
    ['\x1f\x8b\x08', 'gzip'],
    ['\x28\xb5\x2f\xfd', 'zstd'],
    ['\x53\x2a\x4d\x18', 'zstd'],
  ])('knows %j as %s', (magic, kind) => {
    expect(identify(bytes(magic)).kind).toBe(kind);
  });

  it.each([
    ['snoop\0\0\0\0\0\0\x02', 'snoop', 'tshark -F pcapng'],
    ['GMBU\x02\0', 'Network Monitor', 'editcap'],
    ['PK\x03\x04', 'zip', 'unpack'],
    ['\xfd7zXZ\0', 'xz', 'xz -dc'],
    ['\x7fELF', 'ELF', ''],
    ['{"log": {"version": "1.2"}}', 'HAR', 'packet capture is needed'],
    ['[{"_index": "packets"}]', 'JSON', ''],
    ['<html><body>Not found', 'HTML', 'download'],
    ['12:00:01.123456 IP 192.0.2.1.5000 > 192.0.2.2.80: Flags [S]', 'tcpdump prints', 'tcpdump -w'],
    ['2026-04-01 12:00:01.123456 IP6 ::1.5000 > ::1.80: Flags [S]', 'tcpdump prints', 'tcpdump -w'],
    ['nothing of interest', 'text', ''],
    ['\0\x05\0\x1e', 'NetFlow', 'packet capture is needed'],
    [`${'x'.repeat(100)}${'\0'.repeat(157)}ustar\0`, 'tar', 'unpack'],
    ['\x01\x02\x03\x04', 'unknown', 'editcap'],
  ])('refuses %j and says what to do', (start, name, advice) => {
    const kind = identify(bytes(start));
    expect(kind.kind).toBe('other');
    const message = notACaptureMessage(kind);
    expect(message).toContain(name);
    expect(message).toContain(advice);
  });

  it('shows in the parser as one fatal problem', () => {
    for (const step of [1, 1000]) {
      const { parser } = readCapture(bytes('snoop\0\0\0\0\0\0\x02'), step);
      expect(parser.problems).toMatchObject([{ code: 'not-a-capture', fatal: true, offset: 0 }]);
      expect(parser.finished).toBe(true);
    }
    expect(readCapture(new Uint8Array(0)).parser.problems).toMatchObject([{ code: 'empty', fatal: true }]);
    expect(readCapture(bytes('\xd4\xc3')).codes).toEqual(['not-a-capture']);
  });
});
