import {
  CLIENT_PORT,
  client,
  clientSocket,
  connected,
  exchanged,
  type Scenario,
  SERVER_PORT,
  type Step,
  server,
  waiting,
} from '../script.ts';

/** A second socket asks for the server's port: every mix of options. */
function secondBinds(): Step[] {
  const mixes: [string, number, number][] = [
    ['none', 0, 0],
    ['reuse-address', 1, 0],
    ['reuse-port', 0, 1],
    ['both', 1, 1],
  ];
  return mixes.flatMap(([name, address, port]) => [
    server.socket(name),
    server.set(name, 'reuseAddress', address),
    server.set(name, 'reusePort', port),
    server.bind(name, SERVER_PORT),
    server.listen(name),
    server.close(name),
    server.socket(`${name}-any`),
    server.set(`${name}-any`, 'reuseAddress', address),
    server.set(`${name}-any`, 'reusePort', port),
    server.bindAny(`${name}-any`, SERVER_PORT),
    server.listen(`${name}-any`),
    server.close(`${name}-any`),
  ]);
}

function first(address: number, port: number): Step[] {
  return [
    server.socket('l'),
    server.set('l', 'reuseAddress', address),
    server.set('l', 'reusePort', port),
    server.bind('l', SERVER_PORT),
  ];
}

function toTimeWait(): Step[] {
  return [
    ...clientSocket(),
    client.connect('c', SERVER_PORT),
    server.accept('l', 's'),
    ...exchanged(),
    waiting(server.close('s'), 60),
    client.close('c'),
    server.close('l'),
    server.states(),
  ];
}

const OPTIONS: readonly [string, number, number][] = [
  ['none', 0, 0],
  ['reuse-address', 1, 0],
  ['reuse-port', 0, 1],
  ['both', 1, 1],
];

/** Results of bind, listen and connect where ports are taken. */
export const BINDING: readonly Scenario[] = [
  ...OPTIONS.map(
    ([name, address, port]): Scenario => ({
      name: `bind-beside-listener-${name}`,
      title: `bind and listen beside a listener that has ${name}`,
      steps: [...first(address, port), server.listen('l'), ...secondBinds()].map((step) => waiting(step, 1)),
    }),
  ),
  ...OPTIONS.map(
    ([name, address, port]): Scenario => ({
      name: `bind-beside-bound-${name}`,
      title: `bind and listen beside a bound socket that has ${name}`,
      steps: [...first(address, port), ...secondBinds()].map((step) => waiting(step, 1)),
    }),
  ),
  ...OPTIONS.map(
    ([name, address, port]): Scenario => ({
      name: `bind-over-time-wait-${name}`,
      title: `bind over TIME-WAIT of a connection that had ${name}`,
      steps: [
        ...first(address, port),
        server.listen('l'),
        ...toTimeWait(),
        ...secondBinds().map((step) => waiting(step, 1)),
      ],
    }),
  ),
  {
    name: 'bind-beside-connection',
    title: 'the listener has gone, its connection lives: bind again',
    steps: [...connected(), server.close('l'), ...secondBinds().map((step) => waiting(step, 1))],
  },
  {
    name: 'bind-beside-connection-without-reuse',
    title: 'the same where the listener had no SO_REUSEADDR',
    steps: [
      ...first(0, 0),
      server.listen('l'),
      ...clientSocket(),
      client.connect('c', SERVER_PORT),
      server.accept('l', 's'),
      server.close('l'),
      ...secondBinds().map((step) => waiting(step, 1)),
    ],
  },
  {
    name: 'client-bind-conflicts',
    title: 'two clients on one port: bind, connect to the same server and to another port',
    steps: [
      ...connected(),
      client.socket('d'),
      client.bind('d', CLIENT_PORT),
      client.set('d', 'reuseAddress', 1),
      client.bind('d', CLIENT_PORT),
      client.connect('d', SERVER_PORT),
      client.connect('d', 9999),
      client.error('d'),
      client.bind('d', 1),
      client.socket('e'),
      client.bind('e', 0),
      client.bind('e', 0),
      client.socket('f'),
      client.listen('f', 1),
    ],
  },
  {
    name: 'ports-exhausted',
    title: 'three ephemeral ports, all connected or in TIME-WAIT: EADDRNOTAVAIL; bind: EADDRINUSE',
    sysctl: { ip_local_port_range: '45000 45002', tcp_tw_reuse: 0 },
    steps: [
      ...connected(),
      ...['x', 'y', 'z', 'w'].flatMap((name) => [client.socket(name), client.connect(name, SERVER_PORT)]),
      client.connect('w', 9999),
      server.accept('l', 't'),
      waiting(client.close('x'), 60),
      client.socket('v'),
      client.connect('v', SERVER_PORT),
      client.socket('u'),
      client.bind('u', 0),
      client.set('u', 'bindAddressNoPort', 1),
      client.bind('u', 0),
      client.connect('u', 9998),
      client.error('u'),
    ],
  },
  {
    name: 'ports-exhausted-by-bind',
    title: 'three ephemeral ports taken by bind: connect has none left, though its destination is free',
    sysctl: { ip_local_port_range: '45000 45002', tcp_tw_reuse: 0 },
    steps: [
      ...['x', 'y', 'z'].flatMap((name) => [client.socket(name), client.bind(name, 0)]),
      client.socket('w'),
      client.connect('w', SERVER_PORT),
      client.bind('w', 0),
    ],
  },
];
