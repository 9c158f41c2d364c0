import { STATE_NAMES, State, type StateName } from '../states/index.ts';
import { formatAddress } from '../wire/index.ts';
import type { Diagnosis } from './diagnosis.ts';
import { closerName, senderName } from './outcome.ts';
import { caseNear } from './peer/report.ts';
import { applicationSees } from './report/applications.ts';
import { CLIENT, type Connection, type End as EndRecord, SERVER } from './track/connection.ts';
import type { CloseForm, CloseKind, End } from './types.ts';

/** From when to when an end was in CLOSE-WAIT, microseconds; `untilUs` is -1 where it still is. */
export interface Stay {
  readonly fromUs: number;
  readonly untilUs: number;
}

/** What tables, filters and counts need of a connection: a small part of `report()`, made in a fraction of its time. */
export interface Outline {
  readonly flow: number;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly packets: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
  readonly closeKind: CloseKind;
  readonly closeForm: CloseForm;
  readonly firstCloser: End | 'both' | null;
  readonly rstSender: End | 'middlebox' | null;
  readonly timeWait: End | 'both' | null;
  readonly rtt: number | null;
  readonly longestIdle: number;
  readonly cause: string | null;
  readonly confidence: number;
  readonly alternatives: readonly string[];
  readonly client: EndOutline;
  readonly server: EndOutline;
}

export interface EndOutline {
  /** At the end; null where the end was in none. */
  readonly state: StateName | null;
  readonly bytes: number;
  readonly retransmissions: number;
  readonly applicationSees: string | null;
  readonly closeWait: Stay | null;
}

export function outlineOf(c: Connection, d: Diagnosis): Outline {
  const { o } = d.case;
  return {
    flow: c.flow,
    clientAddress: formatAddress(c.family, c.client.address),
    clientPort: c.client.port,
    serverAddress: formatAddress(c.family, c.server.address),
    serverPort: c.server.port,
    startUs: c.startUs,
    endUs: c.lastUs,
    packets: c.packets,
    firstPacket: c.firstPacket,
    lastPacket: c.lastPacket,
    closeKind: o.closeKind,
    closeForm: o.closeForm,
    firstCloser: closerName(o.firstCloser),
    rstSender: senderName(o.rstSender),
    timeWait: closerName(o.timeWait),
    rtt: o.rttUs > 0 ? o.rttUs / 1e6 : null,
    longestIdle: c.longestIdleUs / 1e6,
    cause: d.cause?.id ?? null,
    confidence: Math.round(d.confidence * 100) / 100,
    alternatives: d.alternatives.length === 0 ? NONE : d.alternatives.map((cause) => cause.id),
    client: endOutline(d, c.client, CLIENT),
    server: endOutline(d, c.server, SERVER),
  };
}

const NONE: readonly string[] = [];

function endOutline(d: Diagnosis, e: EndRecord, end: typeof CLIENT | typeof SERVER): EndOutline {
  const { k, aheadUs } = caseNear(d, end);
  const { history } = k.c.end(end);
  const last = history.at(-1);
  const waiting = history.findIndex((h) => h.state === State.closeWait);
  const near = end === CLIENT ? k.client : k.server;
  return {
    state: last === undefined ? null : STATE_NAMES[last.state]!,
    bytes: e.bytes,
    retransmissions: e.retransmissions,
    applicationSees: applicationSees(k, near, end === CLIENT ? 'client' : 'server'),
    closeWait:
      waiting < 0
        ? null
        : {
            fromUs: history[waiting]!.atUs - aheadUs,
            untilUs: waiting + 1 < history.length ? history[waiting + 1]!.atUs - aheadUs : -1,
          },
  };
}
