import { State } from '../../states/index.ts';
import type { Cause } from './cause.ts';
import { between, reuseWords } from './signs/words.ts';

export const twReuseOn: Cause = {
  id: 'tw-reuse-on',
  group: 'resources',
  severity: 'ok',
  title: 'tcp_tw_reuse: a TIME-WAIT port was used again',
  summary:
    'With net.ipv4.tcp_tw_reuse=1 and timestamps a new outgoing connection takes the port of a ' +
    'TIME-WAIT entry older than a second; the peer accepts it because the timestamp is newer.',
  recognise:
    'SYN on the four-tuple of a connection that this client closed first, more than 1 s and less than ' +
    '60 s before, with a higher TSval, accepted at once.',
  remedy:
    'Nothing is wrong: this is a cure for port-exhaustion on the connecting side; it does nothing for ' +
    'servers. Its safety rests on timestamps (PAWS): do not turn them off. Check: TWRecycled counts.',
  wouldSettle: [],
  references: [
    'RFC 6191 section 2',
    'Linux: tcp_twsk_unique, net.ipv4.tcp_tw_reuse, net.ipv4.tcp_tw_reuse_delay',
  ],
  scenario: 'time-wait-reuse',
  kinds: ['fin', 'open', 'rst', 'fin-then-rst', 'half-closed', 'timeout'],
  needsOddity: true,
  fit: (k) =>
    k.c.previous?.clientState === State.timeWait && k.c.startUs - k.c.previous.endedUs < 60_000_000 ? 0.9 : 0,
  story: (k) =>
    `${reuseWords(k)}, and the SYN was answered ${between(k.client.synAtUs, k.server.synAtUs)} later.`,
};
