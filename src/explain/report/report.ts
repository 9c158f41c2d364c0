import { STATE_NAMES } from '../../states/index.ts';
import { OptionBit } from '../../wire/segment.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { BOTH, closerName, NOBODY, senderName } from '../outcome.ts';
import { basisOf, caseNear, comparisonOf } from '../peer/report.ts';
import { endpointOf } from '../text.ts';
import { CLIENT, type Connection, type End as EndRecord, SERVER } from '../track/connection.ts';
import { initialHopLimit } from '../track/habits.ts';
import type { LoggedSegment } from '../track/log.ts';
import type { ConnectionEnding, End, EndReport, StateStep } from '../types.ts';
import { applicationSees } from './applications.ts';
import { buildLadder } from './ladder.ts';
import { notesOf } from './notes.ts';
import { buildVerdict } from './verdict.ts';

/** The whole typed ending of one connection, from what the tracker kept and the diagnosis said. */
export function buildReport(
  c: Connection,
  d: Diagnosis,
  segments: readonly LoggedSegment[],
): ConnectionEnding {
  const { o } = d.case;
  const verdict = buildVerdict(d, segments);
  return {
    type: 'connection',
    flow: c.flow,
    client: endpointOf(c, 'client'),
    server: endpointOf(c, 'server'),
    start: c.startUs / 1e6,
    end: c.lastUs / 1e6,
    packets: c.packets,
    firstPacket: c.firstPacket,
    lastPacket: c.lastPacket,
    opening: openingOf(c),
    firstCloser: closerName(o.firstCloser),
    closeKind: o.closeKind,
    closeForm: o.closeForm,
    rstSender: senderName(o.rstSender),
    rstForm: basisOf(d).o.reset?.form ?? null,
    timeWait: closerName(o.timeWait),
    timeWaitUntil: o.timeWait === NOBODY ? null : o.timeWaitUntilUs / 1e6,
    states: { client: stepsOf(d, CLIENT), server: stepsOf(d, SERVER) },
    ends: { client: endReport(d, c.client, 'client'), server: endReport(d, c.server, 'server') },
    rtt: o.rttUs > 0 ? o.rttUs / 1e6 : null,
    longestIdle: c.longestIdleUs / 1e6,
    capturedAt:
      o.capturedAt === CLIENT
        ? 'client'
        : o.capturedAt === SERVER
          ? 'server'
          : o.capturedAt === BOTH
            ? 'between'
            : null,
    notes: notesOf(d),
    verdict,
    ...(d.peer === null ? {} : { peer: comparisonOf(d.peer) }),
    ladder: buildLadder(d, segments, new Set(verdict.evidence.map((e) => e.packet))),
  };
}

function openingOf(c: Connection): ConnectionEnding['opening'] {
  if (c.midstream) return 'none';
  if (c.simultaneousOpen) return 'simultaneous';
  if (c.handshakeAckAtUs >= 0) return 'handshake';
  return c.server.syns > 0 ? 'half' : 'unanswered';
}

function stepsOf(d: Diagnosis, end: number): StateStep[] {
  const { k, aheadUs } = caseNear(d, end);
  const { history } = k.c.end(end);
  return history.map((h) => ({ state: STATE_NAMES[h.state]!, at: (h.atUs - aheadUs) / 1e6 }));
}

function endReport(d: Diagnosis, e: EndRecord, end: End): EndReport {
  const until = d.case.c.lastUs;
  return {
    segments: e.segments,
    syns: e.syns,
    bytes: e.bytes,
    bytesAcked: ackedBytes(e),
    retransmissions: e.retransmissions,
    retransmittedBytes: e.retransmittedBytes,
    outOfOrder: e.outOfOrder,
    duplicateAcks: e.duplicateAcks,
    zeroWindows: e.zeroWindows,
    zeroWindowSeconds: (e.zeroWindowUs + (e.zeroSinceUs >= 0 ? until - e.zeroSinceUs : 0)) / 1e6,
    keepaliveProbes: e.keepaliveProbes,
    fins: e.fins,
    resets: e.resets,
    closeWaitSeconds: secondsIn(e, 'CLOSE-WAIT', until),
    finWait2Seconds: secondsIn(e, 'FIN-WAIT-2', until),
    options: optionsOf(e),
    hopLimit: e.hopLimit < 0 ? null : e.hopLimit,
    initialHopLimit: e.hopLimit < 0 ? null : initialHopLimit(e.hopLimit),
    applicationSees: seenByApplication(d, end),
  };
}

function seenByApplication(d: Diagnosis, end: End): string | null {
  const { k } = caseNear(d, end === 'client' ? CLIENT : SERVER);
  return applicationSees(k, end === 'client' ? k.client : k.server, end);
}

function ackedBytes(e: EndRecord): number {
  if (!e.acked || !e.seqKnown) return 0;
  const syn = e.isnKnown ? 1 : 0;
  const fin = e.finAckedAtUs >= 0 ? 1 : 0;
  return Math.max(0, Math.min(e.bytes, ((e.sndUna - e.firstSeq) | 0) - syn - fin));
}

function optionsOf(e: EndRecord): EndReport['options'] {
  if (e.syns === 0) return null;
  const has = (bit: number): boolean => (e.optionKinds & bit) !== 0;
  return {
    mss: e.mss < 0 ? null : e.mss,
    windowScale: e.windowScale < 0 ? null : e.windowScale,
    sackPermitted: has(OptionBit.sackPermitted),
    timestamps: has(OptionBit.timestamps),
    fastOpen: has(OptionBit.fastOpen),
    mptcp: has(OptionBit.mptcp),
  };
}

/** Time spent in a state, in seconds, up to the next state or the last packet; null where it never was in it. */
function secondsIn(e: EndRecord, name: string, untilUs: number): number | null {
  let total: number | null = null;
  e.history.forEach((h, i) => {
    if (STATE_NAMES[h.state] !== name) return;
    const end = e.history[i + 1]?.atUs ?? untilUs;
    total = (total ?? 0) + Math.max(0, end - h.atUs) / 1e6;
  });
  return total;
}
