import { STATE_NAMES } from '../../states/index.ts';
import { Flag } from '../../wire/segment.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { lostSegments, strangeSegments } from '../peer/report.ts';
import { formatFlags } from '../text.ts';
import type { Connection, End } from '../track/connection.ts';
import { type LoggedSegment, Note } from '../track/log.ts';
import type { IcmpRecord } from '../track/records.ts';
import type { LadderStep } from '../types.ts';
import { icmpName } from './icmp-names.ts';

const NOTE_NAMES: readonly (readonly [number, string])[] = [
  [Note.retransmission, 'retransmission'],
  [Note.keepaliveProbe, 'keepalive probe'],
  [Note.windowProbe, 'window probe'],
  [Note.duplicateAck, 'duplicate ACK'],
  [Note.zeroWindow, 'zero window'],
  [Note.outOfOrder, 'out of order'],
  [Note.gapBefore, 'packets missing before'],
  [Note.ackOfUnseen, 'acknowledges unseen data'],
  [Note.foreign, 'not from this end'],
];

/** All segments the log kept, as arrows with both ends' states; what the log dropped is counted in `skipped`. */
export function buildLadder(
  d: Diagnosis,
  segments: readonly LoggedSegment[],
  decisive: ReadonlySet<number>,
): LadderStep[] {
  const { c } = d.case;
  const steps: LadderStep[] = [];
  const icmp = [...c.icmp];
  const compared = comparedBy(d);
  let seen = 0;
  for (const s of segments) {
    while (icmp.length > 0 && icmp[0]!.packet < s.packet) steps.push(icmpStep(c, icmp.shift()!, decisive));
    const skipped = seen === 32 ? Math.max(0, c.log.appended - segments.length) : 0;
    seen++;
    steps.push(segmentStep(d, s, decisive, skipped, compared));
  }
  for (const i of icmp) steps.push(icmpStep(c, i, decisive));
  return steps;
}

interface Compared {
  readonly lost: ReadonlySet<number>;
  readonly strange: ReadonlySet<number>;
}

/** What a second capture says of these packets. */
function comparedBy({ peer }: Diagnosis): Compared {
  const packets = (list: readonly LoggedSegment[]): Set<number> => new Set(list.map((s) => s.packet));
  return {
    lost: packets(peer === null ? [] : lostSegments(peer)),
    strange: packets(peer === null ? [] : strangeSegments(peer)),
  };
}

function segmentStep(
  d: Diagnosis,
  s: LoggedSegment,
  decisive: ReadonlySet<number>,
  skipped: number,
  compared: Compared,
): LadderStep {
  const { c, o } = d.case;
  const from = s.direction === 0 ? c.client : c.server;
  const to = s.direction === 0 ? c.server : c.client;
  const isReset = (s.flags & Flag.rst) !== 0;
  const foreignReset =
    isReset &&
    o.reset !== null &&
    o.reset.foreign !== null &&
    c.resets.some((r) => r.packet === s.packet && r.hopLimit === o.reset!.record.hopLimit);
  return {
    packet: s.packet,
    at: s.atUs / 1e6,
    from:
      foreignReset || (s.notes & Note.foreign) !== 0 || compared.strange.has(s.packet)
        ? 'middlebox'
        : s.direction === 0
          ? 'client'
          : 'server',
    flags: formatFlags(s.flags),
    seq: relative(s.seq, from),
    ack: (s.flags & Flag.ack) === 0 ? null : relative(s.ack, to),
    length: s.length,
    window: s.window,
    notes: noteNames(d, s, compared.lost),
    clientState: stateAt(c.client, s.packet),
    serverState: stateAt(c.server, s.packet),
    decisive: decisive.has(s.packet),
    skipped,
  };
}

function noteNames(d: Diagnosis, s: LoggedSegment, lost: ReadonlySet<number>): string[] {
  const names = NOTE_NAMES.filter(([bit]) => (s.notes & bit) !== 0).map(([, name]) => name);
  const reset = d.case.reset;
  if (reset !== null && reset.record.packet === s.packet && reset.form !== 'other')
    names.push(`form ${reset.form}`);
  if (lost.has(s.packet)) names.push('lost');
  return names;
}

function icmpStep(c: Connection, i: IcmpRecord, decisive: ReadonlySet<number>): LadderStep {
  return {
    packet: i.packet,
    at: i.atUs / 1e6,
    from: i.fromTarget ? (i.quotes === 0 ? 'server' : 'client') : 'middlebox',
    flags: `ICMP ${icmpName(i.family, i.type, i.code)}`,
    seq: 0,
    ack: null,
    length: 0,
    window: 0,
    notes: i.mtu > 0 ? [`MTU ${i.mtu}`] : [],
    clientState: stateAt(c.client, i.packet),
    serverState: stateAt(c.server, i.packet),
    decisive: decisive.has(i.packet),
    skipped: 0,
  };
}

function relative(seq: number, end: End): number {
  return end.seqKnown ? (seq - end.firstSeq + (end.isnKnown ? 0 : 1)) | 0 : seq >>> 0;
}

/** The state after a packet had passed; empty before the first is known. */
function stateAt(end: End, packet: number): string {
  let state = '';
  for (const h of end.history) {
    if (h.packet > packet) break;
    state = STATE_NAMES[h.state]!;
  }
  return state;
}
