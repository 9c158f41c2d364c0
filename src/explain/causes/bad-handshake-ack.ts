import { formatCount, formatOffset } from '../text.ts';
import type { Cause } from './cause.ts';
import { badHandshakeReset } from './signs/resets.ts';
import { between } from './signs/words.ts';

export const badHandshakeAck: Cause = {
  id: 'bad-handshake-ack',
  group: 'connect',
  severity: 'warning',
  title: 'the handshake was acknowledged with a wrong number',
  summary:
    'The third packet of the handshake acknowledges a number that the server never sent. The listener ' +
    'answers RST, which the client ignores because its number does not fit; a later good segment ' +
    'completes the handshake.',
  recognise:
    'RST of form B from the server during the handshake with seq = the bad ACK number, not at the ' +
    "client's RCV.NXT; the connection goes on. If the client's own capture shows a good ACK, a box on " +
    'the path changed it.',
  remedy:
    'Find what rewrites or answers on the path: sequence-randomising firewalls with asymmetric routes, ' +
    'SYN proxies that lost their offset table, spoofing. Compare captures of both ends: the ACK ' +
    'numbers must agree. Check: no RST between SYN-ACK and the first data.',
  wouldSettle: ['captures on both sides of the suspected box'],
  references: [
    'RFC 9293 section 3.10.7.4 (SYN-RECEIVED, ACK outside)',
    'RFC 9293 section 3.5.3 (reset processing)',
    'Linux: tcp_check_req, tcp_v4_send_reset (reason TCP_FLAGS)',
  ],
  scenario: 'handshake-tampered',
  kinds: ['fin', 'rst', 'open', 'fin-then-rst', 'half-closed'],
  needsOddity: true,
  fit: (k) => (badHandshakeReset(k) ? 0.92 : 0),
  story: (k) => {
    const r = k.c.resets.find((x) => x.from === 1) ?? k.reset?.record;
    if (r === undefined)
      return `${formatCount(k.c.badHandshakeAcks, 'ACK')} in the handshake acknowledged a number that the server had not sent.`;
    return `${between(r.atUs, k.c.startUs)} after the first SYN the server's RST repeats an acknowledgement number that it never sent (${formatOffset((r.seq - k.server.firstSeq - 1) | 0)} the right one); the client did not accept it, and the connection went on.`;
  },
  evidence: (k, add) => {
    if (k.c.badHandshakeAcks > 0)
      add(
        k.c.badHandshakeAckPacket,
        k.c.badHandshakeAckAtUs,
        'ACK in the handshake of a number that the server never sent',
      );
  },
};
