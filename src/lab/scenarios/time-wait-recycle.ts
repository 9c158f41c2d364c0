import { Option } from '../../host/index.ts';
import { Flag, type Segment } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { answerOne, listen, PORT, RTT, SECOND, us } from './common.ts';

/** Linux until 4.11 remembered an address's newest timestamp for so long (TCP_PAWS_MSL). */
const REMEMBERED_US = 60 * SECOND;
/** tcp_syn_retries of the clients here. */
const SYN_RETRIES = 3;
/** Clock of a kernel with HZ = 250: always below that of a host with a tick each millisecond that was booted with it. */
const SLOW_TICK_US = 4_000;

/** Whether a SYN is older than what its address sent last: what tcp_tw_recycle asked of each. */
function newestByAddress(now: () => number): (segment: Segment) => boolean {
  const newest = new Map<number, { tsVal: number; atUs: number }>();
  return ({ flags, source, tsVal }) => {
    if (tsVal === 0) return false;
    const address = source[3]!;
    const last = newest.get(address);
    const isKnown = last !== undefined && now() - last.atUs < REMEMBERED_US;
    const isOlder = isKnown && ((tsVal - last.tsVal) | 0) < 0;
    if ((flags & Flag.syn) !== 0 && isOlder) return true;
    if (!isOlder) newest.set(address, { tsVal, atUs: now() });
    return false;
  };
}

export const timeWaitRecycle: Scenario = scenario({
  name: 'time-wait-recycle',
  title: 'tcp_tw_recycle and two hosts behind one address: the one with the slower clock is shut out',
  story:
    'A server (or a box before it) remembers of each address the newest timestamp, and drops SYNs whose timestamp is older: with one host for each ' +
    'address this would be a way to know old duplicates from new connections. Behind a NAT stand several hosts with clocks of their own. One ' +
    'connects and closes; then the other, whose clock reads less, sends SYN after SYN, and nobody answers. It works again a minute after the ' +
    'first one was last heard, and for hosts without timestamps all the time. Linux had this as net.ipv4.tcp_tw_recycle until 4.11; no TCP of today has ' +
    'it, so a box before the server does here what it did.',
  causes: ['tw-recycle-nat'],
  parameters: {
    visits: count(3, 2, 20, 'how often the first host connects, a second apart'),
    after: amount(2, 0.5, 30, 's', "from its last connection to the second host's first"),
    uptime: amount(600, 60, 50_000, 's', 'how long both hosts have been up'),
    rtt: RTT,
  },
  expects: () => ['tw-recycle-nat'],
  // Of its own host alone a capture has SYNs that nobody answers.
  expectsAt: (_values, end) => (end === 'server' ? ['tw-recycle-nat'] : ['tw-recycle-nat', 'syn-filtered']),
  build: (lab, { visits, after, uptime, rtt }) => {
    const { network } = lab;
    lab.captureAt = 'server';
    const startUs = uptime * SECOND;
    const config = { timestampOffset: false };
    const first = lab.host('first host', { addresses: ['10.0.0.2'], config });
    const second = lab.host('second host', {
      addresses: ['10.0.0.3'],
      config: { ...config, timestampTickUs: SLOW_TICK_US },
    });
    const server = lab.host('server');
    const nat = network.nat('nat', { outside: ['203.0.113.1'] });
    const isOlder = newestByAddress(() => network.now);
    const guard = network.firewall('guard', { rules: [{ direction: 'in', where: isOlder, action: 'drop' }] });
    const accessUs = Math.round(us(rtt) / 20);
    for (const host of [first, second]) network.connect(host, nat.inside, { delayUs: accessUs });
    network.connect(nat.outside, guard.outside, { delayUs: Math.round(us(rtt) / 2) - 2 * accessUs });
    network.connect(guard.inside, server, { delayUs: accessUs });
    lab.watch(second, server);
    // What the server's own check would drop has passed the capture before.
    lab.watched = { ...lab.watched!, serverTap: network.tap(guard.outside, { name: 'server' }) };
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (;;) {
        const connection = yield* answerOne(listener);
        os.spawn(function* () {
          yield* connection.recv();
          connection.close();
        });
      }
    });
    const results: number[] = [];
    const visit = (host: typeof first, atUs: number): void => {
      lab.start(
        host,
        host.name,
        function* (os) {
          const socket = os.socket();
          socket.setOption(Option.synRetries, SYN_RETRIES);
          results.push(yield* socket.connect(lab.addressOf(server), PORT));
          if (results.at(-1) === 0) {
            yield* socket.send('a request');
            yield* socket.recv();
          }
          socket.close();
        },
        atUs,
      );
    };
    for (let i = 0; i < visits; i++) visit(first, startUs + i * (SECOND + 4 * us(rtt)));
    const secondUs = startUs + visits * (SECOND + 4 * us(rtt)) + after * SECOND;
    visit(second, secondUs);
    lab.lookAt(
      secondUs + SECOND / 2,
      "half a second after the second host's first SYN",
      first,
      second,
      server,
    );
    lab.limitUs = secondUs + 100 * SECOND;
    lab.atEnd(() => {
      const failed = results.filter((result) => result < 0).length;
      lab.fact(
        'dropped',
        guard.counters.drop,
        '',
        `${guard.counters.drop} SYNs of the second host were dropped`,
      );
      lab.fact('failed', failed, '', `${failed} of ${visits + 1} connects failed`);
    });
  },
});
