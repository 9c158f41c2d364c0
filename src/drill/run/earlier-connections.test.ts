import { describe, expect, it } from 'vitest';
import { drill } from '../index.ts';

describe('an earlier connection', () => {
  it('whose SYN goes again is not taken for the new one', () => {
    const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 7>
// The ACK of what was never sent lets the SYN go again soon.
+.02 < S. 0:0(0) ack 5001 win 32792 <mss 1000>
+0 > R 5001:5001(0)
+.04 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
+0 setsockopt(4, SOL_TCP, TCP_MAXSEG, [1200], 4) = 0
+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(4, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1200,sackOK,TS val 0 ecr 0,nop,wscale 7>
+.02 < S. 0:0(0) ack 1 win 32792 <mss 1000>
+0 > . 1:1(0) ack 1
`;
    const { outcome, problem } = drill(script, { profile: 'linux' });
    expect(problem).toBeNull();
    expect(outcome).toBe('passed');
  });
});
