import { Option } from '../../host/index.ts';
import type { Held } from '../../link/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, SECOND, settledUs, text, us } from './common.ts';

const SERVICE = '198.51.100.10';
const BACKEND = '10.1.0.7';
/** Which of the large answer's segments takes the long way. */
const HELD = 4;
const ANSWER_WINDOWS = 8;

const UNNOTICED = [
  'conntrack-invalid-dropped',
  'fin-server-first',
  'fin-client-first',
  'fin-three-segments',
] as const;

export const conntrackInvalid: Scenario = scenario({
  name: 'conntrack-invalid',
  title:
    'conntrack calls a late segment INVALID and leaves it untranslated: the client answers a stranger with RST',
  story:
    'A service address stands for a backend (kube-proxy, Docker, a load balancer): the box in between translates one into the other, and keeps ' +
    'track of each connection. One segment of a large answer takes the long way; it is sent again, and the connection goes on. When the late one ' +
    "comes to the box it lies further back than the client's largest window: INVALID. With rule=none it is not translated, but passed on: the client " +
    'gets a segment from an address that it has never spoken to, and answers with RST; that RST goes straight to the backend, has the right ' +
    'number, and kills its connection. The next segment of the client meets nobody, and its connection is reset too. With rule=drop (nft ct state ' +
    'invalid drop) the late segment ends at the box, and nobody notices.',
  causes: ['conntrack-invalid-reset', 'conntrack-invalid-dropped'],
  parameters: {
    rule: choice(['none', 'drop'], 'what the box does with INVALID segments'),
    window: count(16, 8, 64, "the client's receive buffer (SO_RCVBUF)", 'kB'),
    behind: amount(2, 1.2, 6, '', 'how many windows of the client it is behind when it comes'),
    pace: amount(20, 5, 200, 'ms', 'how long the server pauses after each 2 kB of its answer'),
    rtt: amount(20, 0.1, 200, 'ms', 'round trip between the two hosts'),
  },
  // What was dropped is a lost segment and its retransmission, as any other.
  expects: ({ rule }) => (rule === 'none' ? ['conntrack-invalid-reset'] : UNNOTICED),
  // The server gets an RST at the right number, and nothing more: as from a client that has lost its connections.
  expectsAt: ({ rule }, end) => {
    if (rule === 'drop') return UNNOTICED;
    return end === 'client' ? ['conntrack-invalid-reset'] : ['conntrack-invalid-reset', 'peer-restarted'];
  },
  build: (lab, { rule, window, behind, pace, rtt }) => {
    const { network } = lab;
    const client = lab.host('client');
    const server = lab.host('server', { addresses: [BACKEND] });
    const router = network.router('router');
    const box = network.balancer('conntrack', {
      address: SERVICE,
      port: PORT,
      backends: [BACKEND],
      invalid: rule === 'drop' ? 'drop' : 'leave',
    });
    const accessUs = Math.round(us(rtt) / 20);
    network.connect(client, router, { delayUs: accessUs });
    network.connect(router, box.outside, { delayUs: Math.round(us(rtt) / 2) - 2 * accessUs });
    const inside = network.connect(box.inside, server, { delayUs: accessUs });
    lab.watch(client, server);
    const askedUs = settledUs(rtt);
    const pieces = Math.ceil((ANSWER_WINDOWS * window) / 2);
    let seen = 0;
    let heldSeq = 0;
    inside.backward.gate.add((_packet, { segment, now }) => {
      if (segment.payloadLength < 1_000 || now < askedUs) return 'pass';
      seen++;
      const held: Held | undefined = inside.backward.gate.held[0];
      if (held !== undefined && ((segment.seq - heldSeq) | 0) > behind * window * 1_000) {
        inside.release(held);
        lab.tell('it comes to the box');
        lab.lookAt(now + us(rtt) * 3, 'three round trips later', client, server);
      }
      if (seen !== HELD) return 'pass';
      heldSeq = segment.seq;
      lab.tell('a segment of the answer takes the long way');
      return 'hold';
    });
    let read = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* connection.recv();
      connection.quiet = true;
      for (let i = 0; i < pieces; i++) {
        if ((yield* connection.send(text(2_000))) < 0) break;
        yield* os.sleep(us(pace));
      }
      connection.quiet = false;
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      socket.setOption(Option.receiveBuffer, window * 500);
      yield* socket.connect(SERVICE, PORT);
      yield* os.sleepUntil(askedUs);
      yield* socket.send('a request');
      yield* socket.drain();
      read = socket.bytesRead;
      socket.close();
    });
    lab.limitUs = askedUs + pieces * us(pace + rtt) + 300 * SECOND;
    lab.atEnd(() => {
      const all = pieces * 2_000;
      lab.fact('bytes-read', read, 'B', `the client read ${read} of ${all} bytes`);
      lab.fact(
        'invalid',
        box.counters.invalid,
        '',
        `conntrack called ${box.counters.invalid} segments INVALID`,
      );
    });
  },
});
