import { formatAddress, formatEndpoint } from '../wire/index.ts';
import { timeWaitChurn } from './causes/time-wait-churn.ts';
import { formatDuration } from './text.ts';
import type { Connection } from './track/connection.ts';
import type { Finding } from './types.ts';

/** From this many short connections on, what they leave behind is worth a finding. */
const CHURN_FROM = 30;
/** Longer ones are no churn, however many. */
const SHORT_US = 5_000_000;
const MAX_PAIRS = 4_096;
const MAX_FLOWS = 1_000;
/** Linux: net.ipv4.ip_local_port_range is 32768 to 60999. */
const EPHEMERAL_PORTS = 28_232;

interface Pair {
  readonly client: string;
  readonly server: string;
  readonly flows: number[];
  count: number;
  lifetimeUs: number;
  firstUs: number;
  lastUs: number;
}

/** Short connections closed by their client, by client address and server: each leaves the client a TIME-WAIT. */
export class Churn {
  private readonly pairs = new Map<number, Map<number, Pair>>();
  private size = 0;

  add(c: Connection): void {
    const server = c.serverRecord;
    if (server === null || c.lastUs - c.startUs > SHORT_US) return;
    let clients = this.pairs.get(server.id);
    if (clients === undefined) {
      clients = new Map();
      this.pairs.set(server.id, clients);
    }
    const key = (c.client.address[3]! ^ Math.imul(c.client.address[2]!, 0x9e3779b1)) & 0x3fffffff;
    let pair = clients.get(key);
    if (pair === undefined) {
      if (this.size++ >= MAX_PAIRS) return;
      pair = {
        client: formatAddress(c.family, c.client.address),
        server: formatEndpoint(c.family, c.server.address, c.server.port),
        flows: [],
        count: 0,
        lifetimeUs: 0,
        firstUs: c.startUs,
        lastUs: c.lastUs,
      };
      clients.set(key, pair);
    }
    pair.count++;
    if (pair.flows.length < MAX_FLOWS) pair.flows.push(c.flow);
    pair.lifetimeUs += c.lastUs - c.startUs;
    pair.firstUs = Math.min(pair.firstUs, c.startUs);
    pair.lastUs = Math.max(pair.lastUs, c.lastUs);
  }

  /** `timeWaitUs`: 2MSL. */
  findings(timeWaitUs: number): Finding[] {
    const found: Finding[] = [];
    for (const clients of this.pairs.values()) {
      for (const pair of clients.values())
        if (pair.count >= CHURN_FROM) found.push(toFinding(pair, timeWaitUs));
    }
    return found;
  }
}

function toFinding(pair: Pair, timeWaitUs: number): Finding {
  const spanUs = Math.max(pair.lastUs - pair.firstUs, 1);
  const perSecond = (pair.count * 1e6) / spanUs;
  const held = Math.round(perSecond * (timeWaitUs / 1e6));
  const share = Math.round((100 * held) / EPHEMERAL_PORTS);
  return {
    type: 'finding',
    cause: timeWaitChurn.id,
    alternatives: [],
    confidence: 0.9,
    connections: pair.flows,
    count: pair.count,
    story:
      `${pair.client} made ${pair.count} connections to ${pair.server} within ${formatDuration(spanUs)}, each for ` +
      `${formatDuration(pair.lifetimeUs / pair.count)} on average, and closed them first: ${perSecond.toFixed(1)} a second. At that ` +
      `rate it holds ${held} sockets in TIME-WAIT, ${share} % of the ${EPHEMERAL_PORTS} ports that Linux has for one destination by default.`,
    remedy: timeWaitChurn.remedy,
    wouldSettle: timeWaitChurn.wouldSettle,
  };
}
