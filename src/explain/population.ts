import { formatAddress, formatEndpoint } from '../wire/index.ts';
import { SEVERITY_WEIGHT } from './causes/cause.ts';
import { causeById } from './causes/index.ts';
import { Churn } from './churn.ts';
import type { Diagnosis } from './diagnosis.ts';
import { Silences } from './silences.ts';
import { CLIENT, type Connection } from './track/connection.ts';
import type { CloseKind, Finding } from './types.ts';

const MAX_FLOWS = 1_000;
const MAX_GROUPS = 4_096;
/** From this many on, equal endings toward one server are worth a finding of their own. */
const GROUP_FROM = 3;

interface GroupOfEndings {
  readonly cause: string;
  /** The server, or for a scan the client. */
  readonly where: string;
  readonly flows: number[];
  readonly clients: Set<number>;
  readonly ports: Set<number>;
  readonly silences: Silences;
  count: number;
  firstUs: number;
  lastUs: number;
  alternatives: readonly string[];
  confidence: number;
}

/** Counts endings as they are given out, and finds what only several connections together show. Bounded memory. */
export class Population {
  connections = 0;
  private readonly kinds = new Map<CloseKind, number>();
  private readonly byCause = new Map<string, number>();
  /** By cause, then by server or, for scans, client. */
  private readonly groups = new Map<string, Map<number | string, GroupOfEndings>>();
  private groupCount = 0;
  private readonly churn = new Churn();

  add(c: Connection, d: Diagnosis): void {
    this.connections++;
    const { closeKind: kind, timeWait } = d.case.o;
    if (timeWait === CLIENT) this.churn.add(c);
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    // What is still open has no ending to explain.
    if (d.cause === null && kind === 'open') return;
    const cause = d.cause?.id ?? 'undetermined';
    this.byCause.set(cause, (this.byCause.get(cause) ?? 0) + 1);
    if (d.cause !== null && (d.cause.severity !== 'ok' || SCAN_CAUSES.has(cause)))
      this.group(c, d, d.cause.id);
  }

  closeKinds(): Partial<Record<CloseKind, number>> {
    return Object.fromEntries(this.kinds);
  }

  /** Causes by how much they matter: severity times number. */
  causes(): { cause: string; connections: number }[] {
    const weight = (id: string): number => SEVERITY_WEIGHT[causeById(id)?.severity ?? 'ok'];
    return [...this.byCause]
      .map(([cause, connections]) => ({ cause, connections }))
      .sort((a, b) => b.connections * weight(b.cause) - a.connections * weight(a.cause));
  }

  /** `timeWaitUs`: how long TIME-WAIT lasts. */
  findings(timeWaitUs: number): Finding[] {
    const found = this.churn.findings(timeWaitUs);
    for (const groups of this.groups.values()) {
      for (const g of groups.values()) if (g.count >= GROUP_FROM) found.push(toFinding(g));
    }
    return found.sort((a, b) => b.count - a.count);
  }

  private group(c: Connection, d: Diagnosis, cause: string): void {
    const scan = SCAN_CAUSES.has(cause);
    // Servers by number: no text is made for each connection.
    const key =
      scan || c.serverRecord === null ? formatAddress(c.family, c.client.address) : c.serverRecord.id;
    let groups = this.groups.get(cause);
    if (groups === undefined) {
      groups = new Map();
      this.groups.set(cause, groups);
    }
    let g = groups.get(key);
    if (g === undefined) {
      if (this.groupCount >= MAX_GROUPS) return;
      this.groupCount++;
      const { family, client, server } = c;
      const where = scan
        ? formatAddress(family, client.address)
        : formatEndpoint(family, server.address, server.port);
      g = {
        cause,
        where,
        flows: [],
        clients: new Set(),
        ports: new Set(),
        silences: new Silences(),
        count: 0,
        firstUs: c.startUs,
        lastUs: c.lastUs,
        alternatives: d.alternatives.map((a) => a.id),
        confidence: d.confidence,
      };
      groups.set(key, g);
    }
    g.count++;
    if (g.flows.length < MAX_FLOWS) g.flows.push(c.flow);
    // The last two words tell clients apart well enough to count them.
    if (g.clients.size < MAX_FLOWS)
      g.clients.add((c.client.address[3]! ^ Math.imul(c.client.address[2]!, 0x9e3779b1)) & 0x3fffffff);
    if (g.ports.size < MAX_FLOWS) g.ports.add(c.server.port);
    g.silences.add(cause, d.case);
    g.firstUs = Math.min(g.firstUs, c.startUs);
    g.lastUs = Math.max(g.lastUs, c.lastUs);
  }
}

/** Causes that one client spreads over many ports. */
const SCAN_CAUSES: ReadonlySet<string> = new Set(['syn-scan', 'port-closed', 'syn-filtered']);

function toFinding(g: GroupOfEndings): Finding {
  const cause = causeById(g.cause)!;
  const seconds = (g.lastUs - g.firstUs) / 1e6;
  const story = SCAN_CAUSES.has(g.cause)
    ? `${g.where} tried ${g.count} connections to ${g.ports.size} ports within ${seconds.toFixed(1)} s, all with the same ending.`
    : `${g.count} connections to ${g.where} from ${g.clients.size} client address${g.clients.size === 1 ? '' : 'es'} ended this way within ${seconds.toFixed(1)} s.${g.silences.words()}`;
  return {
    type: 'finding',
    cause: g.cause,
    alternatives: g.alternatives,
    confidence: g.confidence,
    connections: g.flows,
    count: g.count,
    story,
    remedy: cause.remedy,
    wouldSettle: cause.wouldSettle,
  };
}
