import { errnoName } from '../../tcp/errno.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { FIXED_PORT, PORT, PROFILE, pair, RTT, receive, SECOND, text, us } from './common.ts';

export const simultaneousOpen: Scenario = scenario({
  name: 'simultaneous-open',
  title: 'both ends connect to each other at once: the SYNs cross, and it is one connection',
  story:
    'Two peers agree, by way of a third, to connect to each other now; nobody listens. Both bind their port and call connect() to the ' +
    "other's within one trip, so that the SYNs cross. Each end gets a SYN in SYN-SENT, goes to SYN-RECEIVED and answers SYN-ACK; when that " +
    'arrives both are ESTABLISHED, on one and the same connection (RFC 9293 3.5, Figure 8). This is how peer-to-peer programs get ' +
    'through two NATs.',
  causes: ['simultaneous-open'],
  parameters: {
    apart: amount(
      0,
      0,
      0.9,
      '',
      'how much later the second one connects, as a share of the time of one trip',
    ),
    bytes: count(100, 1, 10_000, 'what each sends', 'B'),
    profile: PROFILE,
    rtt: RTT,
  },
  expects: () => ['simultaneous-open'],
  build: (lab, { apart, bytes, profile, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, profile });
    const results: number[] = [];
    const beginUs = SECOND / 10;
    lab.start(
      client,
      'one peer',
      function* (os): Process {
        const socket = os.socket();
        socket.bind('0.0.0.0', FIXED_PORT);
        results.push(yield* socket.connect(address, PORT));
        yield* socket.send(text(bytes));
        yield* receive(socket, bytes);
        yield* os.sleep(SECOND);
        socket.close();
      },
      beginUs,
    );
    lab.start(
      server,
      'the other',
      function* (os): Process {
        const socket = os.socket();
        socket.bind('0.0.0.0', PORT);
        results.push(yield* socket.connect(lab.addressOf(client), FIXED_PORT));
        yield* socket.send(text(bytes));
        yield* socket.drain();
        socket.close();
      },
      beginUs + Math.floor((apart * us(rtt)) / 2),
    );
    lab.lookAt(beginUs + Math.ceil(us(rtt) * 0.7), 'when the SYNs have crossed');
    lab.lookAt(beginUs + 2 * us(rtt), 'when both are connected');
    lab.atEnd(() => {
      const told = results.map((result) => (result === 0 ? '0' : errnoName(result))).join(' and ');
      lab.fact(
        'connected',
        results.every((result) => result === 0),
        '',
        `the two connect() returned ${told}`,
      );
      const open = client.counters.PassiveOpens + server.counters.PassiveOpens;
      lab.fact('passive-opens', open, '', `${open} connections were taken by a listener`);
    });
  },
});
