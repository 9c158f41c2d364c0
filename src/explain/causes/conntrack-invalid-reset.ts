import { State } from '../../states/index.ts';
import { CLIENT } from '../track/connection.ts';
import { hopsOf } from '../track/habits.ts';
import type { Case, Cause } from './cause.ts';
import { answersUntranslated } from './signs/peer.ts';
import { hadNoSocket } from './signs/resets.ts';
import { between, namesOf } from './signs/words.ts';

export const conntrackInvalidReset: Cause = {
  id: 'conntrack-invalid-reset',
  group: 'middlebox',
  severity: 'error',
  title: 'conntrack left a packet untranslated; the client reset it',
  summary:
    'With a DNATed service address, conntrack calls a late packet of the server INVALID and does not ' +
    'translate it back. The client gets it from an unknown address and answers RST, which goes ' +
    'straight to the real server and kills its connection.',
  recognise:
    "In the client's capture: a segment from the backend's own address for a connection that it only " +
    'knows under the service address, then RST of form B to the backend; the same port and sequence ' +
    'numbers as the service connection. On the server: an RST out of nothing from a client that goes ' +
    'on sending.',
  remedy:
    'Drop INVALID packets before they leave (nft `ct state invalid drop` in forward; kube-proxy does ' +
    'so in its KUBE-FORWARD chain), or set net.netfilter.nf_conntrack_tcp_be_liberal=1. Price of ' +
    'dropping: asymmetric routes break; of liberal: windows are no longer checked. Check: `conntrack ' +
    "-S` invalid counter, no segment from the backend's address at the client.",
  wouldSettle: [
    "a capture on the client that includes the backend's own address",
    '`conntrack -S` (invalid) and nf_conntrack_log_invalid on the NAT host',
  ],
  references: [
    'Linux: nf_conntrack_tcp_packet, net.netfilter.nf_conntrack_tcp_be_liberal',
    'kubernetes/kubernetes#74839',
  ],
  scenario: 'conntrack-invalid',
  kinds: ['rst', 'open', 'fin-then-rst', 'timeout'],
  fit: (k) => {
    const { traces } = k.c;
    if (traces.twinOf > 0) return 0.9;
    if (traces.twinResetAtUs >= 0) return k.reset?.accepted && hadNoSocket(k) ? 0.95 : 0.5;
    if (k.reset?.accepted && answersUntranslated(k)) return 0.95;
    return wentOnAfterAnswer(k) ? 0.92 : 0;
  },
  halfSeen: (k) => (hadNoSocket(k) ? 0.35 : 0),
  story: (k) => {
    const { traces, startUs } = k.c;
    const at = between(startUs, k.reset?.record.atUs ?? startUs);
    if (traces.twinOf > 0)
      return `The RST, ${at} after this flow's first segment, answers a segment that is flow ${traces.twinOf}'s by its numbers, and came from an address that the client does not know.`;
    if (traces.twinResetAtUs >= 0)
      return `${between(startUs, traces.twinResetAtUs)} into the connection the client reset a segment of it that came from another address than the server's: nothing had translated that one back.`;
    if (!answersUntranslated(k) && wentOnAfterAnswer(k))
      return `The RST, ${at} into the connection, is the answer of a host that does not know the segment's sender, and yet that host went on with the connection for ${between(k.reset!.record.atUs, k.sender!.lastLiveAtUs)}: the segment reached it under another address.`;
    return `The RST, ${between(k.c.startUs, k.reset!.record.atUs)} into the connection, carries the acknowledgement number of a segment far outside the window that got lost on a path which translates addresses: the ${namesOf(k).sender} answered it from an address that it did not know.`;
  },
  evidence: (k, add) => {
    const { traces } = k.c;
    if (traces.twinResetAtUs >= 0)
      add(
        traces.twinResetPacket,
        traces.twinResetAtUs,
        'RST of the client to the address that it does not know',
      );
  },
};

/**
 * An RST as a host without the connection sends it, from that host's own distance, to a segment that had just gone to it; and
 * the host goes on with the connection. It does know it, so it was asked under other addresses.
 */
function wentOnAfterAnswer(k: Case): boolean {
  const { reset, sender } = k;
  if (
    reset === null ||
    reset.record.senderState < State.established ||
    reset.form !== 'B' ||
    !reset.answers ||
    sender!.hopLimit < 0
  )
    return false;
  const { record } = reset;
  return (
    record.from === CLIENT &&
    hopsOf(record.hopLimit) === hopsOf(sender!.hopLimit) &&
    sender!.lastLiveAtUs - record.atUs > 2 * k.o.rttUs + 10_000
  );
}
