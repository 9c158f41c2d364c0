import { describe, expect, it } from 'vitest';
import { drill, reportLines } from '../index.ts';

function lines(text: string): string[] {
  return reportLines(drill(text, { file: 'a.pkt' }));
}

const OPEN = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000,nop,nop,sackOK>
`;

describe('the report of a script that fails', () => {
  it('marks what differs, option by option too', () => {
    expect(lines(`${OPEN}+0 > S. 0:0(0) ack 1 win 64240 <mss 1450,nop,nop,sackOK>\n`)).toEqual([
      'a.pkt:5:1: failed: the host sent another packet',
      '     5 | +0 > S. 0:0(0) ack 1 win 64240 <mss 1450,nop,nop,sackOK>',
      '  expected 0.000000 > S. 0:0(0) ack 1 win 64240 <mss 1450,nop,nop,sackOK>',
      '  got      0.000000 > S. 0:0(0) ack 1 win 64240 <mss 1460,nop,nop,sackOK>',
      '                                                       ^',
      "  at 0.000000: the host is in SYN-RECEIVED, by the script's packets the peer in ESTABLISHED; it was sent by rule listen.syn",
    ]);
  });

  it('leaves open what the script leaves open', () => {
    const [, , expected, got, marks] = lines(`${OPEN}* > S ...(0) <...>\n`);
    expect(expected).toBe('  expected *        > S  ...(0)                 <...>');
    expect(got).toBe('  got      0.000000 > S. 0:0(0) ack 1 win 64240 <mss 1460,nop,nop,sackOK>');
    expect(marks).toBe('                       ^        ^^^^^');
  });

  it('tells what a line of a script does not show', () => {
    const report = lines(`${OPEN}+0 > [ttl 7] S. 0:0(0) ack 1 <...>\n`);
    expect(report).toContain('           TTL  expected 7, got 64');
    expect(report.some((line) => line.includes('^'))).toBe(false);
  });

  it('tells where an option is wrong', () => {
    expect(lines('// A comment.\n--ip_version=ipv5\n0 close(3) = 0\n').slice(0, 2)).toEqual([
      'a.pkt:2:1: wrong: --ip_version takes ipv4, ipv6 or ipv4-mapped-ipv6, not "ipv5"',
      '     2 | --ip_version=ipv5',
    ]);
  });

  it('tells of a timer that is not due', () => {
    const text = `${OPEN}+0 > S. 0:0(0) ack 1 <...>\n+.1 > S. 0:0(0) ack 1 <...>\n`;
    expect(lines(text)[3]).toBe(
      '  got      no packet until 0.112500; its retransmission timer is due at 1.000000',
    );
  });
});
