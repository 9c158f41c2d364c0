import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, receive, SECOND, settledUs, text, us } from './common.ts';
import { routedPair } from './paths.ts';

/** Two access links of 1,500 bytes, and one between them that takes less. */
const CAUSE = {
  blackhole: 'pmtu-blackhole',
  icmp: 'pmtu-discovered',
  probing: 'pmtu-probing-recovers',
} as const;

export const pathMtu: Scenario = scenario({
  name: 'path-mtu',
  title: 'a link in the middle takes smaller packets: discovered, a black hole, or probed',
  story:
    'Both hosts have 1,500-byte links and agree on segments of that size; a tunnel between them takes less. The handshake and small messages ' +
    'pass; then a large answer begins with full segments. told=icmp: the router before the tunnel sends ICMP "packet too big" with the MTU of the ' +
    'next hop, and the sender sends the same bytes in smaller segments at once (RFC 1191). told=blackhole: a firewall drops the ICMP; the same ' +
    'full segments are sent again and again, and the sender gives up after a quarter of an hour although the path is fine. told=probing: as ' +
    'before, but the sender searches (tcp_mtu_probing=1, RFC 4821): after four timeouts (tcp_retries1) it tries tcp_base_mss, and the answer arrives.',
  causes: ['pmtu-blackhole', 'pmtu-discovered', 'pmtu-probing-recovers'],
  parameters: {
    told: choice(['blackhole', 'icmp', 'probing'], 'how the sender learns of it'),
    mtu: count(1_400, 1_280, 1_480, 'of the tunnel', 'B'),
    answer: count(60, 10, 2_000, 'size of the large answer', 'kB'),
    closes: choice(['server', 'client'], 'who closes after it'),
    rtt: RTT,
    think: amount(100, 0, 10_000, 'ms', 'how long the server works on the answer'),
  },
  expects: ({ told }) => [CAUSE[told]],
  // The receiver sees none of the large segments and none of the ICMP, and in the end all its bytes in order.
  expectsAt: ({ told, closes }, end) => {
    if (end === 'server') return [CAUSE[told]];
    return told === 'blackhole' ? [] : [CAUSE[told], `fin-${closes}-first`, 'fin-three-segments'];
  },
  build: (lab, { told, mtu, answer, closes, rtt, think }) => {
    const { client, server, middle, address } = routedPair(lab, {
      rtt,
      server: { mtuProbing: told === 'probing' ? 1 : 0 },
      link: { backward: { mtu, tooBig: told === 'icmp' ? 'icmp' : 'drop' } },
    });
    lab.captureAt = 'server';
    const askedUs = settledUs(rtt);
    const bytes = answer * 1_000;
    let got = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* connection.recv();
      yield* connection.send('hello');
      yield* connection.recv();
      yield* os.sleep(us(think));
      yield* connection.send(text(bytes));
      if (closes === 'client') yield* connection.recv();
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      yield* socket.send('hi');
      yield* socket.recv();
      yield* os.sleepUntil(askedUs);
      yield* socket.send('send me much');
      got = yield* receive(socket, bytes);
      if (closes === 'server') yield* socket.recv();
      socket.close();
    });
    lab.lookAt(askedUs + us(think) + 10 * us(rtt) + SECOND, 'a second after the answer began');
    lab.lookAt(askedUs + 1_200 * SECOND, '20 minutes later');
    lab.limitUs = askedUs + 1_300 * SECOND;
    lab.atEnd(() => {
      lab.fact('bytes-read', got, 'B', `the client read ${got} of ${bytes} bytes`);
      const { tooBig } = middle.backward.counters;
      lab.fact('too-big', tooBig, '', `the tunnel refused ${tooBig} packets`);
      lab.fact(
        'retransmissions',
        server.counters.RetransSegs,
        '',
        `the server sent ${server.counters.RetransSegs} segments again`,
      );
      lab.fact(
        'client-resets',
        client.counters.OutRsts,
        '',
        `${client.counters.OutRsts} RSTs were sent by the client`,
      );
    });
  },
});
