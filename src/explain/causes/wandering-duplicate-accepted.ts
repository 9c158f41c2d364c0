import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';
import { strangeTextUnstamped } from './signs/peer.ts';
import { between, reuseWords } from './signs/words.ts';

export const wanderingDuplicateAccepted: Cause = {
  id: 'wandering-duplicate-accepted',
  group: 'time-wait',
  severity: 'error',
  title: 'an old segment was delivered into a new connection',
  summary:
    'TIME-WAIT is absent, timestamps are off and the same four-tuple is used again at once. A delayed ' +
    "segment of the old connection falls into the new one's window, and its bytes are delivered to the " +
    'application: silent data corruption.',
  recognise:
    'On a reused four-tuple: a segment with the payload and sequence number of the earlier connection, ' +
    'acknowledged as new data of the later one. With timestamps it would be dropped: ' +
    'wandering-duplicate-rejected-by-paws.',
  remedy:
    'Do not cut TIME-WAIT short (SO_LINGER 0, tcp_max_tw_buckets, packet filters that make ports ' +
    'reusable) and keep timestamps on. Protect data with TLS or checksums of the application. Check: ' +
    '`sysctl net.ipv4.tcp_timestamps` is 1 at both ends and the option survives the path.',
  wouldSettle: ['a capture of both incarnations; `sysctl net.ipv4.tcp_timestamps` on both ends'],
  references: [
    'RFC 9293 section 3.4.3 (quiet time)',
    'RFC 7323 appendix B.2 (closing and reopening a connection)',
    'RFC 1337 section 1',
  ],
  scenario: 'wandering-duplicate',
  kinds: ['fin', 'open', 'half-closed', 'rst', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => {
    if (strangeTextUnstamped(k)) return 0.95;
    const { finBelowAck, bogusAcks } = k.c.traces;
    if (finBelowAck === 0 || bogusAcks > 0 || k.c.gaps > 0) return 0;
    return k.client.timestamps && k.server.timestamps ? 0.4 : 0.97;
  },
  halfSeen: (k) => (k.c.previous !== null ? 0.4 : 0),
  story: (k) => {
    const reuse = k.c.previous === null ? '' : ` ${reuseWords(k)}.`;
    const { finBelowAck, finBelowAckAtUs } = k.c.traces;
    if (finBelowAck > 0)
      return `${formatBytes(finBelowAck)} were acknowledged that their sender never sent: its FIN, ${between(finBelowAckAtUs, k.c.startUs)} after the first packet, stands that far below what the other end had acknowledged.${reuse}`;
    return `Data that the capture at its claimed sender does not have arrived without a timestamp, so nothing kept it out.${reuse}`;
  },
  evidence: (k, add) =>
    add(
      k.c.traces.finBelowAckPacket,
      k.c.traces.finBelowAckAtUs,
      'the FIN lies below what had been acknowledged: some of that was not of this connection',
    ),
};
