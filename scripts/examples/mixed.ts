import {
  abort,
  filtered,
  fourSegments,
  lastAckLost,
  portClosed,
  probeOpenPort,
  prohibited,
  silence,
  simultaneous,
  stalePool,
} from '../traffic/endings.ts';
import { type Host, localHost, remoteHost } from '../traffic/host.ts';
import { Talk, text } from '../traffic/talk.ts';
import { Timeline } from './timeline.ts';

const CLIENT = localHost('192.0.2.31');
const CLIENT6 = localHost('2001:db8:31::7');
const WEB = remoteHost('198.51.100.80', 7);
const WEB6 = remoteHost('2001:db8:80::1', 9);
const DATABASE = remoteHost('203.0.113.54', 3);
const MAIL = remoteHost('203.0.113.99', 5);
const GATEWAY = remoteHost('192.0.2.1', 0);
const SCANNER = remoteHost('203.0.113.200', 11);

const GET = text('GET / HTTP/1.1\r\nHost: www.example\r\n\r\n');
const OK = text('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');

interface Scene {
  readonly atMs: number;
  readonly client: Host;
  readonly port: number;
  readonly server: Host;
  readonly serverPort: number;
  readonly play: (talk: Talk) => void;
}

/** A request and its answer, then the ending a moment later. */
function after(idleUs: number, ending: (talk: Talk) => void): (talk: Talk) => void {
  return (talk) => ending(talk.handshake().exchange(GET, OK).wait(idleUs));
}

function scene(atMs: number, port: number, server: Host, serverPort: number, play: Scene['play']): Scene {
  const client = server.ip.family === 4 ? CLIENT : CLIENT6;
  return { atMs, client, port, server, serverPort, play };
}

const SCENES: readonly Scene[] = [
  scene(
    0,
    40_010,
    WEB,
    80,
    after(2_000, (t) => fourSegments(t, 'client')),
  ),
  scene(
    120,
    40_012,
    WEB,
    80,
    after(2_000, (t) => fourSegments(t, 'server')),
  ),
  scene(
    260,
    50_100,
    WEB6,
    443,
    after(2_000, (t) => fourSegments(t, 'client')),
  ),
  scene(400, 40_014, WEB, 80, after(9_000, simultaneous)),
  scene(
    610,
    40_016,
    WEB,
    80,
    after(3_000, (t) => abort(t, 'client')),
  ),
  scene(
    800,
    50_102,
    WEB6,
    443,
    after(3_000, (t) => abort(t, 'client')),
  ),
  scene(1_000, 40_018, WEB, 8_081, portClosed),
  scene(1_400, 40_020, DATABASE, 5_432, (t) => filtered(t, 4)),
  scene(1_900, 40_022, MAIL, 25, (t) => prohibited(t, GATEWAY)),
  // The mapping of a NAT or firewall runs out in a pause of six minutes; what comes then is dropped without a word.
  scene(
    2_300,
    40_024,
    DATABASE,
    3_306,
    after(360_000_000, (t) => silence(t, GET, 7)),
  ),
  scene(2_700, 40_026, WEB, 80, after(1_000, lastAckLost)),
  scene(
    3_100,
    40_028,
    WEB,
    80,
    after(5_000_000, (t) => stalePool(t, GET, 7_300_000)),
  ),
  scene(
    380_000,
    40_030,
    WEB,
    80,
    after(0, () => {}),
  ),
];

const SCANNED_PORTS = [
  21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 445, 993, 995, 1723, 3306, 3389, 5900, 8080,
];
const OPEN_PORTS: ReadonlySet<number> = new Set([22, 8080]);

/** Half-open scan of the local host. */
function scan(timeline: Timeline): void {
  for (const [i, serverPort] of SCANNED_PORTS.entries()) {
    const talk = new Talk(timeline, {
      atUs: 9_000_000 + i * 2_150,
      client: SCANNER,
      clientPort: 61_444,
      clientSideUs: 18_000,
      server: CLIENT,
      serverPort,
      serverSideUs: 35,
      style: 'plain',
    });
    if (OPEN_PORTS.has(serverPort)) probeOpenPort(talk);
    else portClosed(talk);
  }
}

/** A dozen endings in one capture of about six minutes. */
export function mixed(): Uint8Array {
  const timeline = new Timeline();
  for (const { atMs, client, port, server, serverPort, play } of SCENES)
    play(new Talk(timeline, { atUs: atMs * 1000, client, clientPort: port, server, serverPort }));
  scan(timeline);
  return timeline.pcapng('A dozen endings, a port scan and ordinary traffic');
}
