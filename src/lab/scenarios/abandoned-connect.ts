import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { listen, PORT, PROFILE, pair, SECOND, us } from './common.ts';

export const abandonedConnect: Scenario = scenario({
  name: 'abandoned-connect',
  title: 'the client gives connect() up before the SYN-ACK comes',
  story:
    "The client's connect timeout is shorter than the round trip: it closes its socket in SYN-SENT. That sends nothing: the connection " +
    'is not there yet. When the SYN-ACK comes, the kernel knows of no such socket and answers with RST; the half-open connection of the server is gone, ' +
    "and its program never hears of it. In the client's log stands a timeout, and a server that answered.",
  causes: ['abort-in-syn-sent'],
  parameters: {
    rtt: amount(400, 50, 5_000, 'ms', 'round trip between the two hosts'),
    patience: amount(0.5, 0.01, 0.95, '', 'the connect timeout, as a share of the round trip'),
    tries: count(1, 1, 20, 'how often the client tries'),
    profile: PROFILE,
  },
  expects: () => ['abort-in-syn-sent'],
  build: (lab, { rtt, patience, tries, profile }) => {
    const { client, server, address } = pair(lab, { rtt, profile });
    let accepted = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      while (typeof (yield* listener.accept()) !== 'number') accepted++;
    });
    for (let i = 0; i < tries; i++)
      lab.start(
        client,
        `client, try ${i + 1}`,
        function* (os) {
          const socket = os.socket();
          socket.raw.connect(address, PORT);
          yield* os.sleep(Math.floor(us(rtt) * patience));
          socket.close();
        },
        Math.floor(i * us(rtt) * 1.5),
      );
    lab.lookAt(Math.floor(us(rtt) * 0.75), 'when the first SYN has arrived');
    lab.lookAt(us(rtt) * 2, 'when it is over');
    lab.limitUs = tries * us(rtt) * 2 + 100 * SECOND;
    lab.atEnd(() => {
      const { OutRsts } = client.counters;
      lab.fact('resets', OutRsts, '', `the client's kernel answered ${OutRsts} SYN-ACKs with RST`);
      lab.fact('accepted', accepted, '', `accept() returned ${accepted} times`);
    });
  },
});
