import { State } from '../../states/index.ts';
import { formatDuration, formatOffset } from '../text.ts';
import type { Cause } from './cause.ts';
import { farEnd } from './signs/path.ts';
import { badHandshakeReset, resetInTimeWait, resetRefusedMidway } from './signs/resets.ts';

export const rstIgnored: Cause = {
  id: 'rst-ignored',
  group: 'middlebox',
  severity: 'note',
  title: 'an RST outside the window was ignored',
  summary:
    'An RST whose sequence number lies outside the receive window arrives and is dropped without an ' +
    'answer. The connection lives on.',
  recognise:
    'RST below RCV.NXT or beyond the window, no reaction, and data goes on. Just after a reset it is ' +
    'often only one of several RSTs for in-flight segments.',
  remedy:
    'A late RST of an old connection or a blind attack: nothing to do. If RSTs that should work are ' +
    'ignored, look for a box that shifts sequence numbers in one direction. Check: nothing fails.',
  wouldSettle: [],
  references: [
    'RFC 5961 section 3.2',
    'RFC 9293 section 3.10.7.4 (first, check sequence number)',
    'Linux: tcp_validate_incoming',
  ],
  scenario: 'forged-segments',
  kinds: ['fin', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) =>
    resetRefusedMidway(k) &&
    k.o.established &&
    k.c.challengedResets === 0 &&
    Math.abs(k.reset!.record.seqAfterAcked ?? 0) > 0 &&
    k.reset!.record.receiverState >= State.established &&
    !resetInTimeWait(k) &&
    k.reset!.record.senderState !== State.synReceived &&
    !k.c.opening &&
    !badHandshakeReset(k)
      ? 0.9
      : 0,
  unseen: (k) => (k.o.closeKind === 'fin' && farEnd(k) !== null ? 0.2 : 0),
  story: (k) => {
    const r = k.reset!.record;
    return `The RST's number was ${formatOffset(r.seqAfterAcked ?? 0)} the one expected, outside the window; the connection went on for ${formatDuration(Math.max(0, k.c.lastUs - r.atUs))}.`;
  },
};
