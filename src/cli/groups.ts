import { SEVERITY_WEIGHT } from '../explain/causes/cause.ts';
import type { CloseKind, ConnectionEnding, End } from '../explain/types.ts';
import type { Catalogue } from './catalogue.ts';
import type { EndedConnection, Severity } from './engine.ts';

/** Connections that ended alike: same cause, closer and server; or, for a scan, same cause and client. */
export interface Group {
  readonly causeId: string | null;
  readonly closeKind: CloseKind;
  readonly closer: End | 'both' | null;
  readonly severity: Severity;
  /** Null where the group spans many servers. */
  readonly server: string | null;
  /** The scanning host, where the group is a scan. */
  readonly scanner: string | null;
  count: number;
  /** The first few flow numbers. */
  readonly flows: number[];
  exemplar: ConnectionEnding;
}

interface GrowingGroup extends Group {
  readonly key: string;
  /** The one client of all connections so far, or null where there are several. */
  onlyClient: string | null;
}

/** A client whose connection attempts reach this many servers or ports with the same result is scanning. */
const SCAN_TARGETS = 16;
const MAX_GROUPS = 1000;
const MAX_CLIENTS = 1000;
const MAX_FLOWS = 5;
/** A connection replaces the exemplar only where its verdict is clearly surer. */
const CLEARLY_SURER = 0.1;
/** Endings of attempts that never became connections: what scans leave behind. */
const ATTEMPTS: ReadonlySet<CloseKind> = new Set([
  'refused',
  'refused-icmp',
  'connect-timeout',
  'abort-connect',
]);

/** Collapses connections into groups, in memory that does not grow with their number. */
export class Groups {
  private readonly catalogue: Catalogue;
  private readonly groups = new Map<string, GrowingGroup>();
  /** Per cause and client: keys of the groups its attempts went to, or the scan that they became. */
  private readonly attempts = new Map<string, Set<string> | GrowingGroup>();

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
  }

  add(connection: EndedConnection): void {
    const client = connection.clientAddress;
    const sort = `${connection.causeId}|${connection.closeKind}|${connection.firstCloser}`;
    const attempt = this.isAttempt(connection);
    const attemptKey = `${sort}|${client}`;
    const known = attempt ? this.attempts.get(attemptKey) : undefined;
    if (known !== undefined && !(known instanceof Set)) {
      this.join(known, connection, client);
      return;
    }
    const group = this.groupOf(sort, connection, client);
    if (attempt) this.watch(attemptKey, known, group, client);
  }

  /** Groups, what matters most first. */
  ranked(): Group[] {
    const weight = (g: Group): number => SEVERITY_WEIGHT[g.severity] * g.count;
    return [...this.groups.values()].sort(
      (a, b) => weight(b) - weight(a) || b.count - a.count || a.flows[0]! - b.flows[0]!,
    );
  }

  private isAttempt(connection: EndedConnection): boolean {
    if (ATTEMPTS.has(connection.closeKind)) return true;
    return connection.causeId !== null && this.catalogue.get(connection.causeId)?.group === 'connect';
  }

  private groupOf(sort: string, connection: EndedConnection, client: string): GrowingGroup {
    const server = connection.serverEndpoint;
    const key = `${sort}|${server}`;
    const group = this.groups.get(key);
    if (group !== undefined) return this.join(group, connection, client);
    if (this.groups.size < MAX_GROUPS) return this.begin(key, connection, client, server, null);
    // No room for another server of its own: the rest of this sort goes together.
    const shared = this.groups.get(sort);
    return shared === undefined
      ? this.begin(sort, connection, client, null, null)
      : this.join(shared, connection, client);
  }

  private begin(
    key: string,
    connection: EndedConnection,
    client: string,
    server: string | null,
    scanner: string | null,
  ): GrowingGroup {
    const { causeId, closeKind } = connection;
    const group: GrowingGroup = {
      key,
      causeId,
      closeKind,
      closer: connection.firstCloser,
      severity: this.catalogue.severity(causeId, closeKind),
      server,
      scanner,
      count: 1,
      flows: [connection.flow],
      exemplar: connection.report(),
      onlyClient: client,
    };
    this.groups.set(key, group);
    return group;
  }

  private join(group: GrowingGroup, connection: EndedConnection, client: string): GrowingGroup {
    group.count++;
    if (group.flows.length < MAX_FLOWS) group.flows.push(connection.flow);
    if (group.onlyClient !== client) group.onlyClient = null;
    if (connection.confidence > group.exemplar.verdict.confidence + CLEARLY_SURER)
      group.exemplar = connection.report();
    return group;
  }

  /** Counts the targets of a client's attempts, and makes a scan of them when they are many. */
  private watch(
    attemptKey: string,
    known: Set<string> | undefined,
    group: GrowingGroup,
    client: string,
  ): void {
    const targets = known ?? new Set<string>();
    if (known === undefined) {
      if (this.attempts.size >= MAX_CLIENTS) return;
      this.attempts.set(attemptKey, targets);
    }
    targets.add(group.key);
    if (targets.size < SCAN_TARGETS) return;
    const own = [...targets].map((key) => this.groups.get(key)).filter((g) => g?.onlyClient === client);
    // Many clients that fail at the same servers are no scan of one of them.
    if (own.length < SCAN_TARGETS / 2) {
      targets.clear();
      return;
    }
    this.attempts.set(attemptKey, this.merge(attemptKey, own as GrowingGroup[], client));
  }

  private merge(key: string, parts: readonly GrowingGroup[], client: string): GrowingGroup {
    for (const part of parts) this.groups.delete(part.key);
    const scan: GrowingGroup = {
      ...parts[0]!,
      key,
      server: null,
      scanner: client,
      count: parts.reduce((sum, part) => sum + part.count, 0),
      flows: parts.flatMap((part) => part.flows).slice(0, MAX_FLOWS),
    };
    this.groups.set(key, scan);
    return scan;
  }
}
