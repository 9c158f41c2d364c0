import { type Host, Option } from '../../host/index.ts';
import type { Lab } from '../lab.ts';
import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, SECOND, us } from './common.ts';

/** tcp_syn_retries of the clients here: they give up after 1 + 2 + 4 s. */
const SYN_RETRIES = 2;

/** Answers each connection once and closes it after EOF. */
function* serve(os: Os): Process {
  const listener = listen(os, 1_000);
  for (;;) {
    const connection = yield* acceptOne(listener);
    connection.quiet = true;
    os.spawn(function* () {
      yield* connection.recv();
      yield* connection.send('the answer');
      yield* connection.recv();
      connection.close();
    });
  }
}

interface Tally {
  done: number;
  failed: number;
}

/** Connects, asks, stays for a while, and closes. */
function visitor(address: string, staysUs: number, tally: Tally): (os: Os) => Process {
  return function* (os: Os): Process {
    const socket = os.socket();
    socket.setOption(Option.synRetries, SYN_RETRIES);
    if ((yield* socket.connect(address, PORT)) === 0) {
      yield* socket.send('a request');
      if ((yield* socket.recv()) > 0) tally.done++;
      yield* os.sleep(staysUs);
    } else tally.failed++;
    socket.close();
  };
}

function conclude(lab: Lab, tally: Tally): void {
  lab.fact('answered', tally.done, '', `${tally.done} connections were answered`);
  lab.fact('failed', tally.failed, '', `${tally.failed} connects failed`);
}

const ORDINARY = ['fin-client-first', 'fin-three-segments', 'time-wait-churn'] as const;

export const snatExhaustion: Scenario = scenario({
  name: 'snat-exhaustion',
  title: 'a NAT has no port left for one destination: new connections to it time out, others are fine',
  story:
    'Many hosts share one public address. Each connection of theirs needs a port of that address, and a port can serve several connections only if ' +
    'their destinations differ. All of them use one busy destination (a cloud database, an API): when its ports are used up the NAT drops the next ' +
    'SYN. That client sees a connect that times out; another destination answers the same host at once. Ports come back only when connections end ' +
    'and the timers of the NAT have run.',
  causes: ['snat-exhaustion'],
  parameters: {
    hosts: count(12, 3, 40, 'how many hosts are behind the NAT'),
    ports: count(6, 2, 40, 'how many ports the NAT has for one destination'),
    stays: amount(30, 12, 600, 's', 'how long each connection lasts'),
    rtt: RTT,
  },
  expects: ({ hosts, ports }) => (hosts > ports ? ['snat-exhaustion'] : ORDINARY),
  // What the NAT drops never comes to the server.
  expectsAt: ({ hosts, ports }, end) => {
    if (hosts <= ports) return ORDINARY;
    return end === 'client' ? ['snat-exhaustion'] : [];
  },
  build: (lab, { hosts, ports, stays, rtt }) => {
    const { network } = lab;
    const clients = Array.from({ length: hosts }, (_, i) =>
      lab.host(`client ${i + 1}`, { addresses: [`10.0.0.${i + 2}`] }),
    );
    const busy = lab.host('busy server');
    const other = lab.host('other server');
    const gateway = network.router('gateway');
    const nat = network.nat('nat', {
      outside: ['203.0.113.1'],
      portFrom: 20_000,
      portTo: 20_000 + ports - 1,
    });
    const provider = network.router('provider');
    const accessUs = Math.round(us(rtt) / 20);
    for (const client of clients) network.connect(client, gateway, { delayUs: accessUs });
    const inside = network.connect(gateway, nat.inside, { delayUs: accessUs });
    network.connect(nat.outside, provider, { delayUs: Math.round(us(rtt) / 2) - 3 * accessUs });
    for (const server of [busy, other]) {
      network.connect(provider, server, { delayUs: accessUs });
      lab.start(server, server.name, serve);
    }
    lab.watch(clients.at(-1)!, busy);
    // The capture is taken where all clients pass, before the NAT.
    lab.watched = { ...lab.watched!, clientTap: network.tap(inside, { name: 'gateway' }) };
    const tally = { done: 0, failed: 0 };
    for (const [i, client] of clients.entries()) {
      const staysUs = stays * SECOND;
      lab.start(
        client,
        'to the busy server',
        visitor(lab.addressOf(busy), staysUs, tally),
        i * (SECOND / 10),
      );
    }
    // The host that finds no port for the busy server any more.
    const elsewhere = visitor(lab.addressOf(other), 0, tally);
    lab.start(clients.at(-1)!, 'to the other server', elsewhere, (hosts * SECOND) / 10);
    lab.limitUs = (hosts / 10 + stays + 100) * SECOND;
    lab.atEnd(() => {
      conclude(lab, tally);
      lab.fact(
        'exhausted',
        nat.counters.exhausted,
        '',
        `the NAT dropped ${nat.counters.exhausted} SYNs for want of a port`,
      );
    });
  },
});

export const conntrackTableFull: Scenario = scenario({
  name: 'conntrack-table-full',
  title: 'a firewall whose connection table is full: some SYNs are dropped, open connections go on',
  story:
    'A stateful firewall remembers each connection, and those that have ended for some time yet. Short connections come faster than it forgets them: ' +
    'the table is full ("nf_conntrack: table full, dropping packet"), and a SYN that needs a new entry is dropped, whoever it is for. The client ' +
    'tries again a second later and may find room, or not. Connections that are in the table notice nothing.',
  causes: ['conntrack-table-full'],
  parameters: {
    rate: count(8, 2, 40, 'connections tried each second', '/s'),
    table: count(40, 5, 400, 'nf_conntrack_max'),
    keeps: amount(20, 5, 120, 's', 'how long an ended connection stays in the table'),
    seconds: count(40, 20, 120, 'how long they come', 's'),
    rtt: RTT,
  },
  expects: ({ rate, table, keeps, seconds }) => {
    const full = load(rate, keeps, seconds) / table;
    if (full < 0.9) return ORDINARY;
    return full > 1.3 ? ['conntrack-table-full'] : ['conntrack-table-full', ...ORDINARY];
  },
  expectsAt: ({ rate, table, keeps, seconds }, end) => {
    const full = load(rate, keeps, seconds) / table;
    if (full < 0.9 || end === 'server') return full < 0.9 ? ORDINARY : [];
    return full > 1.3 ? ['conntrack-table-full'] : ['conntrack-table-full', ...ORDINARY];
  },
  build: (lab, { rate, table, keeps, seconds, rtt }) => {
    const { network } = lab;
    const client = lab.host('client');
    const servers: Host[] = [lab.host('server'), lab.host('other server')];
    const near = network.router('near router');
    const firewall = network.firewall('firewall', { maxFlows: table, closingUs: keeps * SECOND });
    const far = network.router('far router');
    const accessUs = Math.round(us(rtt) / 20);
    network.connect(client, near, { delayUs: accessUs });
    network.connect(near, firewall.inside, { delayUs: accessUs });
    network.connect(firewall.outside, far, { delayUs: Math.round(us(rtt) / 2) - 3 * accessUs });
    for (const server of servers) {
      network.connect(far, server, { delayUs: accessUs });
      lab.start(server, server.name, serve);
    }
    lab.watch(client, servers[0]!);
    const tally = { done: 0, failed: 0 };
    for (let i = 0; i < rate * seconds; i++) {
      const address = lab.addressOf(servers[i % servers.length]!);
      lab.start(client, `client ${i + 1}`, visitor(address, 0, tally), Math.round((i * SECOND) / rate));
    }
    lab.traced = false;
    lab.limitUs = (seconds + keeps + 30) * SECOND;
    lab.atEnd(() => {
      conclude(lab, tally);
      const { drop } = firewall.counters;
      lab.fact('dropped', drop, '', `the firewall dropped ${drop} SYNs: its table was full`);
    });
  },
});

/** How many entries the table would need. */
function load(rate: number, keeps: number, seconds: number): number {
  return rate * Math.min(keeps, seconds);
}
