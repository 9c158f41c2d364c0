import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';
import { zeroWindowEvidence } from './signs/evidence.ts';
import { abortedLive, soughtAnswer } from './signs/resets.ts';
import { owedData } from './signs/text.ts';
import { beforeReset, namesOf, unackedText } from './signs/words.ts';

export const linger0AbortDataLost: Cause = {
  id: 'linger0-abort-data-lost',
  group: 'app-abort',
  severity: 'error',
  title: 'SO_LINGER 0 threw away data still queued',
  summary:
    "One side closes with SO_LINGER {1, 0} while data is still unacknowledged or waits for the peer's " +
    'window. The kernel discards it and sends RST: the data is lost.',
  recognise:
    'As linger0-abort, and the side that sent the RST still had something to deliver: unacknowledged ' +
    'segments, or a peer whose window was 0. Its sequence number can be below what the application ' +
    'wrote: bytes never sent do not show.',
  remedy:
    'Find who sets SO_LINGER {1, 0} and remove it: Node socket.resetAndDestroy(), Java ' +
    'setSoLinger(true, 0), Go SetLinger(0), nginx `reset_timedout_connection`, HAProxy `option ' +
    'nolinger`. Here it cost data: shutdown(SHUT_WR), read until EOF, then close, and bound that wait ' +
    'with a timer that is longer than the peer may take. A positive SO_LINGER does not help: its time ' +
    "can run out too. Check: the receiver's byte count equals the sender's.",
  wouldSettle: [
    "the sender's count of written bytes against the bytes acknowledged in the capture",
    '`ss -tnmi` on the sender before the close: Send-Q above 0',
  ],
  references: [
    'RFC 9293 section 3.10.5 (ABORT call)',
    'socket(7), SO_LINGER',
    'Linux: __tcp_close, tcp_disconnect, tcp_write_queue_purge',
  ],
  scenario: 'linger-zero',
  kinds: ['rst'],
  fit: (k) => (abortedLive(k) && owedData(k, k.sender!, k.receiver!, k.reset!.record.atUs) ? 0.9 : 0),
  halfSeen: (k) => (abortedLive(k) && soughtAnswer(k.sender!) ? 0.42 : 0),
  story: (k) => {
    const { sender, receiver } = namesOf(k);
    const peer = k.receiver!;
    const owed = unackedText(k.sender!);
    const wait =
      owed > 0
        ? `${formatBytes(owed)} of the ${sender} were still without acknowledgement, the last sent ${beforeReset(k, k.sender!.lastDataAtUs)} before the RST`
        : `The ${sender} had last sent data ${beforeReset(k, k.sender!.lastDataAtUs)} before the RST`;
    return peer.zeroSinceUs >= 0
      ? `${wait}; the ${receiver}'s window had been 0 for ${beforeReset(k, peer.zeroSinceUs)}, so more may have waited in the send queue.`
      : `${wait}.`;
  },
  evidence: (k, add) => {
    if (k.receiver!.zeroSinceUs >= 0) zeroWindowEvidence(k, k.receiver!, add);
    add(k.sender!.lastDataPacket, k.sender!.lastDataAtUs, `last data of the ${namesOf(k).sender}`);
  },
};
