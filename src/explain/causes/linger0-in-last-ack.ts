import { State } from '../../states/index.ts';
import { formatBytes } from '../text.ts';
import { insertBeforeLast } from '../track/states.ts';
import type { Cause } from './cause.ts';
import { zeroWindowEvidence } from './signs/evidence.ts';
import { abortedLive, soughtAnswer } from './signs/resets.ts';
import { owedData } from './signs/text.ts';
import { beforeReset, namesOf, unackedText } from './signs/words.ts';

export const linger0InLastAck: Cause = {
  id: 'linger0-in-last-ack',
  group: 'app-abort',
  severity: 'error',
  title: 'SO_LINGER 0 in LAST-ACK: unsent data thrown away',
  summary:
    'The peer closed its side but stopped reading. The passive side shut its writing down, so its FIN ' +
    'waits behind unsent data, and then it closes with SO_LINGER {1, 0}: RST, the rest is lost.',
  recognise:
    "FIN from one side, acknowledged; the other side's data stopped by a shut or full window; then RST " +
    'of form A from that other side. As its FIN may never have left the queue it often looks like ' +
    'linger0-in-close-wait with data owed.',
  remedy:
    'Find who sets SO_LINGER {1, 0} and remove it: Node socket.resetAndDestroy(), Java ' +
    'setSoLinger(true, 0), Go SetLinger(0), nginx `reset_timedout_connection`, HAProxy `option ' +
    'nolinger`. Or give a peer that does not read a deadline and log how much was not delivered. The ' +
    'root is a reader that closed its writing side and then stopped reading: look there first. Check: ' +
    'TCPAbortOnData on the side that sends the RST, Send-Q 0 before close.',
  wouldSettle: [
    '`ss -tnm` on the side that sent the RST: state LAST-ACK with Send-Q above 0',
    'a capture on the side that sent the RST',
  ],
  references: [
    'RFC 9293 section 3.10.5 (ABORT call)',
    'Linux: tcp_disconnect (reset reason TCP_DISCONNECT_WITH_DATA)',
  ],
  scenario: 'linger-states',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (!abortedLive(k) || k.sender !== k.passive) return 0;
    if (k.sender!.fins > 0) return 0.8;
    return owedData(k, k.sender!, k.receiver!, k.reset!.record.atUs) ? 0.8 : 0;
  },
  halfSeen: (k) => (abortedLive(k) && soughtAnswer(k.sender!) ? 0.41 : 0),
  // Its FIN was queued behind the data that it still owed, so close() had left CLOSE-WAIT unseen.
  implies: (k) => insertBeforeLast(k.sender!, State.closeWait, State.lastAck),
  story: (k) => {
    const { sender, receiver } = namesOf(k);
    const s = k.sender!;
    const own =
      s.fins > 0
        ? `The ${sender} had already sent its own FIN, ${beforeReset(k, s.finAtUs)} before the RST, and waited in LAST-ACK`
        : `The ${sender} had shut down or was about to: its FIN can be queued behind the data it still owed`;
    const owed =
      unackedText(s) > 0 ? `; ${formatBytes(unackedText(s))} of its data were not acknowledged` : '';
    const shut =
      k.receiver!.zeroSinceUs >= 0
        ? `; the ${receiver}'s window had been 0 for ${beforeReset(k, k.receiver!.zeroSinceUs)}`
        : '';
    return `${own}${owed}${shut}.`;
  },
  evidence: (k, add) => {
    if (k.receiver!.zeroSinceUs >= 0) zeroWindowEvidence(k, k.receiver!, add);
  },
};
