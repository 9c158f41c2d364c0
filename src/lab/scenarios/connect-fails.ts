import { HOST_PROFILES, type Host } from '../../host/index.ts';
import type { FirewallRule, Link } from '../../link/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import type { Lab } from '../lab.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, flag } from '../values.ts';
import { acceptOne, listen, PORT, PROFILE, RTT, SECOND, us } from './common.ts';

type Why =
  | 'nothing-listens'
  | 'reject-reset'
  | 'reject-icmp'
  | 'prohibited'
  | 'host-down'
  | 'dropped'
  | 'unsigned';

const CAUSE: Readonly<Record<Why, string>> = {
  'nothing-listens': 'port-closed',
  'reject-reset': 'firewall-reject-reset',
  'reject-icmp': 'icmp-port-unreachable',
  prohibited: 'icmp-admin-prohibited',
  'host-down': 'host-unreachable',
  dropped: 'syn-filtered',
  unsigned: 'md5-mismatch',
};

/** What the firewall does with a new connection to the port. */
const ACTION: Readonly<Partial<Record<Why, FirewallRule['action']>>> = {
  'reject-reset': 'reset',
  'reject-icmp': 'unreachable',
  prohibited: 'prohibited',
  dropped: 'drop',
};

const AGAIN_US = 10 * SECOND;

interface Path {
  readonly client: Host;
  readonly server: Host;
  readonly address: string;
  /** The last link: down where the server's host is. */
  readonly last: Link;
  /** From now on the port is not to be reached. */
  readonly close: (action: FirewallRule['action']) => void;
}

/** Client, router, firewall, router, server. */
function guardedPath(lab: Lab, rtt: number, profileName: 'linux' | 'rfc' | 'freebsd', family: 4 | 6): Path {
  const profile = HOST_PROFILES[profileName];
  const addressOf = (n: number): readonly string[] => (family === 6 ? [`2001:db8::${n}`] : [`192.0.2.${n}`]);
  const client = lab.host('client', { profile, addresses: addressOf(1) });
  const server = lab.host('server', { profile, addresses: addressOf(2) });
  const { network } = lab;
  const routers = { near: network.router('near router'), far: network.router('far router') };
  const firewall = network.firewall('firewall');
  const delayUs = us(rtt / 2);
  const shareUs = Math.round(delayUs / 4);
  network.connect(client, routers.near, { delayUs: shareUs });
  network.connect(routers.near, firewall.inside, { delayUs: shareUs });
  network.connect(firewall.outside, routers.far, { delayUs: shareUs });
  const last = network.connect(routers.far, server, { delayUs: delayUs - 3 * shareUs });
  lab.watch(client, server);
  const close = (action: FirewallRule['action']): void =>
    firewall.setRules([{ action, destinationPort: PORT, direction: 'out' }]);
  return { client, server, address: lab.addressOf(server), last, close };
}

export const connectFails: Scenario = scenario({
  name: 'connect-fails',
  title:
    'connect() fails: a closed port, four kinds of firewall, a host that is down, a signature that is missing',
  story:
    'A client connects and does not get through, for one of seven reasons, most of which look different on the wire. why=nothing-listens: the host is there, the ' +
    'program is not; its kernel answers RST within a round trip. why=reject-reset: a firewall answers RST in its name, from nearer by. ' +
    'why=reject-icmp: it answers ICMP port unreachable, which no TCP does. why=prohibited: ICMP administratively prohibited. why=host-down: the last ' +
    'router cannot reach the host and says so. why=dropped: nobody says anything; the SYN goes again and again until the client gives up after ' +
    'two minutes. why=unsigned: that is how it looks too where the server demands a TCP-MD5 signature (RFC 2385), as BGP does, and the client has no key. ' +
    'With before=on the port had taken a connection ten seconds earlier.',
  causes: Object.values(CAUSE),
  parameters: {
    why: choice(
      ['nothing-listens', 'reject-reset', 'reject-icmp', 'prohibited', 'host-down', 'dropped', 'unsigned'],
      'what becomes of the SYN',
    ),
    before: flag(true, 'the port had taken a connection shortly before (not with unsigned)'),
    ip: choice(['4', '6'], 'version of the Internet protocol'),
    lasts: amount(0.2, 0, 8, 's', 'with before: how long that connection lasted'),
    profile: PROFILE,
    rtt: RTT,
  },
  expects: ({ why }) => [CAUSE[why]],
  // What a firewall stops never arrives; and whom nothing arrives at has nothing to show but what was before.
  expectsAt: ({ why }, end) =>
    end === 'server' && why !== 'nothing-listens' && why !== 'unsigned' ? [] : [CAUSE[why]],
  build: (lab, { why, before: asked, ip, lasts, profile, rtt }) => {
    const before = asked && why !== 'unsigned';
    const family = ip === '6' ? 6 : 4;
    const { client, server, address, last, close } = guardedPath(lab, rtt, profile, family);
    const triesUs = before ? AGAIN_US + 4 * us(rtt) : 0;
    const isThere = before || why !== 'nothing-listens';
    if (isThere)
      lab.start(server, 'server', function* (os): Process {
        const listener = listen(os, 128, family);
        if (why === 'unsigned') listener.requireSignature();
        if (before) {
          const connection = yield* acceptOne(listener);
          yield* connection.drain();
          connection.close();
        } else yield* os.pause();
        if (why !== 'nothing-listens') yield* os.pause();
      });
    lab.at(Math.max(0, triesUs - 1), () => {
      const action = ACTION[why];
      if (action !== undefined) close(action);
      if (why === 'host-down') last.down();
    });
    if (before)
      lab.start(client, 'client, before', function* (os): Process {
        const socket = os.socket(family);
        yield* socket.connect(address, PORT);
        yield* os.sleep(lasts * SECOND);
        socket.close();
      });
    let error = 0;
    let endedUs = -1;
    lab.start(
      client,
      'client',
      function* (os): Process {
        const socket = os.socket(family);
        error = yield* socket.connect(address, PORT);
        endedUs = os.now;
        socket.close();
      },
      triesUs,
    );
    lab.lookAt(triesUs + 2 * us(rtt), 'two round trips after connect()');
    lab.limitUs = triesUs + 400 * SECOND;
    lab.atEnd(() => {
      const took = endedUs < 0 ? null : (endedUs - triesUs) / SECOND;
      const told =
        took === null ? 'connect() waits still' : `connect() failed after ${took} s: ${errnoName(error)}`;
      lab.fact('connect-error', took === null ? null : errnoName(error), '', told);
      lab.fact('connect-took', took, 's', `${client.counters.TCPSynRetrans} SYNs were sent again`);
      lab.fact(
        'server-resets',
        server.counters.OutRsts,
        '',
        `the server itself sent ${server.counters.OutRsts} RSTs`,
      );
    });
  },
});
