import { encodeSegment, Flag } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { listen, PORT, RTT, SECOND, us } from './common.ts';
import { routedPair, sendRaw } from './paths.ts';

const SCANNER_PORT = 51_000;

export const portScan: Scenario = scenario({
  name: 'port-scan',
  title: 'a port scan: SYN, SYN-ACK, RST, and the application never hears of it',
  story:
    'A scanner writes its SYNs itself, past the TCP of its own host. Where nothing listens, RST answers. Where something does, a SYN-ACK comes back to ' +
    'a host whose kernel knows of no such connection: that kernel answers with RST, and the half-open connection of the server is gone again. ' +
    'Nothing was ever in the accept queue; accept() goes on waiting.',
  causes: ['syn-scan'],
  parameters: {
    ports: count(10, 1, 500, 'how many ports are tried, the last of which is open'),
    apart: amount(5, 0.1, 1_000, 'ms', 'from one SYN to the next'),
    window: count(1_024, 1, 65_535, 'that the SYNs offer', 'B'),
    rtt: RTT,
  },
  expects: () => ['syn-scan'],
  build: (lab, { ports, apart, window, rtt }) => {
    const { client, server, access, address } = routedPair(lab, { rtt });
    let accepted = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      while (typeof (yield* listener.accept()) !== 'number') accepted++;
    });
    for (let i = 0; i < ports; i++)
      lab.at(SECOND / 10 + i * us(apart), () => {
        const syn = encodeSegment({
          source: lab.addressOf(client),
          destination: address,
          sourcePort: SCANNER_PORT,
          destinationPort: PORT - ports + 1 + i,
          seq: Math.imul(i + lab.seed, 0x9e3779b1),
          flags: Flag.syn,
          window,
          options: [{ kind: 'mss', mss: 1_460 }],
          hopLimit: 52,
        });
        sendRaw(lab, access.a, syn);
      });
    const overUs = SECOND / 10 + ports * us(apart) + 2 * us(rtt);
    lab.lookAt(overUs, 'when all ports are tried');
    lab.limitUs = overUs + 10 * SECOND;
    lab.atEnd(() => {
      const refused = server.counters.OutRsts;
      lab.fact('refused', refused, '', `the server's kernel refused ${refused} of ${ports} SYNs`);
      const { OutRsts } = client.counters;
      lab.fact('scanner-resets', OutRsts, '', `the scanner's kernel reset ${OutRsts} of the rest`);
      lab.fact('accepted', accepted, '', `accept() returned ${accepted} times`);
    });
  },
});
