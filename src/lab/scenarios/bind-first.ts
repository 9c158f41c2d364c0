import { Option } from '../../host/index.ts';
import type { LabSocket } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { choice, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, SECOND, us } from './common.ts';

const FIRST_PORT = 40_000;

export const bindFirst: Scenario = scenario({
  name: 'bind-first',
  title: 'bind() to an address before connect(): a port is used up for every destination',
  story:
    'A proxy with several addresses binds each of its sockets to one of them, with port 0, before it connects. At bind() the kernel cannot know where ' +
    'the connection will go, so it chooses a port that nobody has at all: so many connections as there are ports, whatever their destinations. Then bind() ' +
    'fails with EADDRINUSE, although another destination would have room. Nothing is sent: no packet shows it. With option=no-port ' +
    '(IP_BIND_ADDRESS_NO_PORT) the choice waits for connect(), and each destination has all the ports. With option=no-bind the kernel chooses both.',
  causes: ['port-exhaustion-bind-first', 'bind-address-no-port'],
  parameters: {
    option: choice(['none', 'no-port', 'no-bind'], 'how the source address is chosen'),
    ports: count(20, 4, 200, 'ephemeral ports of the client'),
    rtt: RTT,
  },
  // The bind() that fails sends nothing; what surrounds it is ordinary.
  expects: () => ['fin-client-first', 'fin-three-segments', 'time-wait-churn'],
  build: (lab, { option, ports, rtt }) => {
    const even = 2 * Math.ceil(ports / 2);
    const client = lab.host('client', {
      config: { ephemeralFrom: FIRST_PORT, ephemeralTo: FIRST_PORT + even - 1 },
    });
    const servers = [lab.host('server'), lab.host('other server')];
    const router = lab.network.router('router');
    const halfUs = Math.round(us(rtt) / 2);
    lab.network.connect(client, router, { delayUs: Math.round(halfUs / 2) });
    for (const server of servers) {
      lab.network.connect(router, server, { delayUs: halfUs - Math.round(halfUs / 2) });
      lab.start(server, server.name, function* (os) {
        const listener = listen(os, 1_000);
        for (;;) {
          const connection = yield* acceptOne(listener);
          os.spawn(function* () {
            yield* connection.recv();
            connection.close();
          });
        }
      });
    }
    lab.watch(client, servers[0]!);
    let failed = '';
    let other = false;
    lab.start(client, 'proxy', function* (os) {
      const open: LabSocket[] = [];
      for (let i = 0; i <= even; i++) {
        const isLast = i === even;
        const socket = os.socket();
        socket.quiet = i > 2 && !isLast;
        if (option === 'no-port') socket.setOption(Option.bindAddressNoPort, 1);
        const bindResult = option === 'no-bind' ? 0 : socket.bind(lab.addressOf(client), 0);
        const result =
          bindResult < 0 ? bindResult : yield* socket.connect(lab.addressOf(servers[isLast ? 1 : 0]!), PORT);
        if (result < 0) failed = bindResult < 0 ? 'bind' : 'connect';
        else if (isLast) other = true;
        open.push(socket);
      }
      lab.look('when the ports towards the first server are used up', client);
      for (const socket of open) {
        socket.quiet = true;
        socket.close();
      }
    });
    lab.limitUs = even * us(rtt) * 2 + 100 * SECOND;
    lab.atEnd(() => {
      lab.fact('open', even, '', `${even} connections to the first server used ${even} ports`);
      const told = other
        ? 'the next one, to the other server, succeeded'
        : `the next one, to the other server, failed in ${failed}()`;
      lab.fact('other-destination', other, '', told);
    });
  },
});
