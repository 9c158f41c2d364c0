import { describe, expect, it } from 'vitest';
import { drill, reportLines } from '../index.ts';

function report(text: string, ...defines: readonly string[]): string {
  const options = {
    profile: 'freebsd',
    defines: Object.fromEntries(defines.map((name) => [name, ''])),
  } as const;
  return reportLines(drill(text, options)).join('\n');
}

const TIME_WAIT = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 2) = 0
+0 < S 0:0(0) win 32767 <mss 1460,sackOK,eol,eol>
+0 > S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,eol,eol>
+.1 < . 1:1(0) ack 1 win 32767
+0 accept(3, ..., ...) = 4
+.1 shutdown(4, SHUT_WR) = 0
+0 > F. 1:1(0) ack 1 win 65535
+.1 < F. 1:1(0) ack 2 win 32767
+0 > . 2:2(0) ack 2 win 65535
`;

/** A SYN, and one with FIN, in the window and behind it. */
const SYNS = ['S 2:2(0)', 'SF 2:2(0)', 'S 65536:65536(0)', 'S 1:1(0)', 'S 65537:65537(0)', 'S. 2:2(0) ack 2'];

describe('a SYN in TIME-WAIT, where scripts say what the standards ask for', () => {
  it.each(SYNS)('%s: a challenge ACK (RFC 5961 4.2)', (segment) => {
    const answered = `${TIME_WAIT}+.1 < ${segment} win 32767 <mss 1460,sackOK,eol,eol>
#ifdef STANDARD
+0 > . 2:2(0) ack 2 win 65535
+.1 \`sockstat -4 -P tcp -s | grep packetdril | grep -c TIME_WAIT | grep 1\`
#endif
`;
    for (const drop of [0, 1]) {
      const text = `0 \`sysctl -w net.inet.tcp.drop_synfin=${drop}\`\n${answered}`;
      expect(report(text, 'STANDARD')).toBe('script: passed');
    }
  });

  it.each(SYNS)('%s: an RST where it lies in the window, if it is to be as in RFC 793', (segment) => {
    const inWindow = !/ 1:| 65537:/.test(segment);
    const answer = inWindow ? '> R. 2:2(0) ack 2 win 0' : '> . 2:2(0) ack 2 win 65535';
    const state = inWindow ? 'CLOSED' : 'TIME_WAIT';
    const text = `0 \`sysctl -w net.inet.tcp.insecure_syn=1\`
${TIME_WAIT}+.1 < ${segment} win 32767 <mss 1460,sackOK,eol,eol>
+0 ${answer}
+.1 \`sockstat -4 -P tcp -s | grep packetdril | grep -c ${state} | grep 1\`
`;
    expect(report(text, 'STANDARD')).toBe('script: passed');
  });

  it('FreeBSD itself opens anew', () => {
    const text = `${TIME_WAIT}#ifdef FreeBSD
+.1 < S 65537:65537(0) win 32767 <mss 1460,sackOK,eol,eol>
+0 > S. ...(0) ack 65538 win 65535 <mss 1460,sackOK,eol,eol>
#endif
#ifdef STANDARD
+0 close(99) = 0
#endif
`;
    expect(report(text)).toBe('script: passed');
  });
});

const SYN_SENT = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR | O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) win 65535 <...>
`;

describe('ICMP in SYN-SENT', () => {
  it.each([
    ['ipv4', 'unreachable port_unreachable', 'ECONNREFUSED'],
    ['ipv4', 'unreachable net_prohibited', 'ECONNREFUSED'],
    ['ipv4', 'time_exceeded ttl_exceeded_in_transit', 'EHOSTUNREACH'],
    ['ipv4', 'time_exceeded frag_reass_exceeded', '0'],
    ['ipv4', 'unreachable net_unreachable', '0'],
    ['ipv4', 'unreachable host_unknown', '0'],
    ['ipv4', 'parameter_problem code_1', '0'],
    ['ipv6', 'unreachable admin_prohibited', 'ECONNREFUSED'],
    ['ipv6', 'parameter_problem unknown_next_header', 'ECONNREFUSED'],
    ['ipv6', 'parameter_problem unknown_option', '0'],
    ['ipv6', 'unreachable no_route', '0'],
  ])('%s, %s: SO_ERROR is %s', (version, message, error) => {
    const text = `--ip_version=${version}\n${SYN_SENT}+.1 < icmp ${message} [0:0(0)]
+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [${error}], [4]) = 0
`;
    expect(report(text)).toBe('script: passed');
  });

  it.each([
    ['ipv6', 'packet_too_big mtu 1300', 1240],
    ['ipv4', 'unreachable frag_needed mtu 1300', 1460],
  ])('%s: the MSS of the next SYN after %s is %i', (version, message, mss) => {
    const text = `--ip_version=${version}\n${SYN_SENT}+.1 < icmp ${message} [0:0(0)]
1 > S 0:0(0) win 65535 <mss ${mss},nop,wscale 6,sackOK,TS val 1000 ecr 0>
`;
    expect(report(text)).toBe('script: passed');
  });
});
