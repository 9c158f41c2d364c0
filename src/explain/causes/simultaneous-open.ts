import type { Cause } from './cause.ts';
import { between } from './signs/words.ts';

export const simultaneousOpen: Cause = {
  id: 'simultaneous-open',
  group: 'connect',
  severity: 'ok',
  title: 'both ends connected to each other at once',
  summary:
    'Both ends bind and connect to each other within one round trip: the SYNs cross and one connection ' +
    'comes of it.',
  recognise:
    'Two SYNs without ACK in opposite directions on one four-tuple, then SYN-ACKs both ways. If source ' +
    'and destination are the same address and port it is self-connect.',
  remedy:
    'Nothing is wrong: this is TCP hole punching between peers. If unintended, two programs use fixed ' +
    'local ports towards each other: let the connecting side use an ephemeral port.',
  wouldSettle: [],
  references: [
    'RFC 9293 section 3.5, figure 7 (simultaneous connection synchronization)',
    'RFC 5382 section 4 (NATs and simultaneous open)',
    'Linux: tcp_rcv_synsent_state_process (SYN_RECV from SYN_SENT)',
  ],
  scenario: 'simultaneous-open',
  kinds: ['fin', 'open', 'rst', 'half-closed', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => (k.c.simultaneousOpen ? 0.93 : 0),
  story: (k) =>
    `The two SYNs were seen ${between(k.client.synAtUs, k.server.synAtUs)} apart, each sent before the other had arrived: both ends opened actively, and it is one connection.`,
  evidence: (k, add) => {
    add(k.client.synPacket, k.client.synAtUs, 'SYN of one end');
    add(k.server.synPacket, k.server.synAtUs, 'SYN of the other end, no SYN-ACK');
  },
};
