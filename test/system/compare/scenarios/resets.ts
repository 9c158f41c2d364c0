import { client, connected, exchanged, type Scenario, type Step, server, waiting } from '../script.ts';

/** Brings the server's end to a state by shutdown and by segments in the client's name, whose next octet is `seq`. */
function shutInto(state: string, seq: number): Step[] {
  const shut = server.shutdown('s', 'write');
  const fin = waiting(client.inject({ flags: 'FA', seq, ack: 1 }), 60);
  const acked = client.inject({ flags: 'A', seq, ack: 2 });
  switch (state) {
    case 'last-ack':
      return [fin, shut, server.states()];
    case 'closing':
      return [shut, fin, server.states()];
    case 'fin-wait-1':
      return [shut, server.states()];
    case 'fin-wait-2':
      return [shut, acked, server.states()];
    default:
      return [shut, acked, client.inject({ flags: 'FA', seq, ack: 2 }), server.states()];
  }
}

/** Connections that end by RST. */
export const RESETS: readonly Scenario[] = [
  {
    name: 'linger-zero',
    title: 'SO_LINGER 0 with nothing in flight',
    steps: [
      ...connected(),
      ...exchanged(),
      client.set('c', 'linger', 0),
      client.close('c'),
      server.poll('s'),
      server.recv('s'),
      server.recv('s'),
      server.poll('s'),
      server.send('s', 1),
      client.states(),
      server.states(),
    ],
  },
  {
    name: 'linger-zero-in-flight',
    title: 'SO_LINGER 0 with data not acknowledged',
    steps: [
      ...connected(),
      server.drop('data'),
      client.send('c', 1000),
      client.set('c', 'linger', 0),
      client.close('c'),
      server.recv('s'),
      server.states(),
    ],
  },
  {
    name: 'linger-zero-behind-closed-window',
    title: 'SO_LINGER 0 after the peer took its window back: where the RST lies',
    sysctl: { tcp_timestamps: 0 },
    steps: [
      ...connected(),
      client.drop('all'),
      server.send('s', 1000),
      client.inject({ flags: 'A', seq: 1, ack: 1, window: 0 }),
      server.set('s', 'linger', 0),
      server.close('s'),
      server.states(),
    ],
  },
  {
    name: 'linger-zero-after-shutdown',
    title: 'SO_LINGER 0 in FIN-WAIT-2',
    steps: [
      ...connected(),
      ...exchanged(),
      waiting(client.shutdown('c', 'write'), 100),
      client.set('c', 'linger', 0),
      client.close('c'),
      server.recv('s'),
      server.recv('s'),
      server.send('s', 1),
      server.send('s', 1),
      server.states(),
    ],
  },
  {
    name: 'linger-zero-in-close-wait',
    title: 'SO_LINGER 0 in CLOSE-WAIT',
    steps: [
      ...connected(),
      ...exchanged(),
      waiting(client.shutdown('c', 'write'), 100),
      server.set('s', 'linger', 0),
      server.close('s'),
      client.recv('c'),
      client.recv('c'),
      client.states(),
    ],
  },
  {
    name: 'linger-zero-in-last-ack',
    title: 'SO_LINGER 0 after both have shut down: the ACK of the last FIN is missing',
    steps: [
      ...connected(),
      ...exchanged(),
      waiting(client.shutdown('c', 'write'), 100),
      server.drop('bare-ack'),
      server.shutdown('s', 'write'),
      server.states(),
      server.set('s', 'linger', 0),
      server.close('s'),
      server.states(),
      client.states(),
    ],
  },
  {
    name: 'linger-zero-in-time-wait',
    title: 'SO_LINGER 0 when both have shut down and TIME-WAIT has begun',
    steps: [
      ...connected(),
      ...exchanged(),
      client.set('c', 'linger', 0),
      waiting(client.shutdown('c', 'write'), 100),
      waiting(server.shutdown('s', 'write'), 50),
      client.states(),
      client.close('c'),
      client.states(),
      server.states(),
    ],
  },
  {
    name: 'linger-zero-in-last-ack-unsent',
    title: 'SO_LINGER 0 in LAST-ACK with data behind a closed window',
    sysctl: { tcp_timestamps: 0 },
    steps: [
      ...connected(),
      client.drop('all'),
      client.inject({ flags: 'A', seq: 1, ack: 1, window: 0 }),
      server.send('s', 100),
      waiting(client.inject({ flags: 'FA', seq: 1, ack: 1, window: 0 }), 60),
      server.shutdown('s', 'write'),
      server.states(),
      server.set('s', 'linger', 0),
      server.close('s'),
      server.states(),
    ],
  },
  {
    name: 'linger-zero-in-closing',
    title: 'SO_LINGER 0 in CLOSING',
    sysctl: { tcp_timestamps: 0 },
    steps: [
      ...connected(),
      client.drop('all'),
      server.shutdown('s', 'write'),
      client.inject({ flags: 'FA', seq: 1, ack: 1 }),
      server.states(),
      server.set('s', 'linger', 0),
      server.close('s'),
      server.states(),
    ],
  },
  ...['last-ack', 'closing', 'fin-wait-1', 'fin-wait-2', 'time-wait'].map(
    (state): Scenario => ({
      name: `close-unread-in-${state}`,
      title: `close with unread data in ${state.toUpperCase()}`,
      sysctl: { tcp_timestamps: 0 },
      steps: [
        ...connected(),
        client.drop('all'),
        client.inject({ flags: 'PA', seq: 1, ack: 1, bytes: 10 }),
        ...shutInto(state, 11),
        server.unread('s'),
        server.close('s'),
        server.states(),
      ],
    }),
  ),
  ...['last-ack', 'closing', 'fin-wait-1', 'fin-wait-2'].map(
    (state): Scenario => ({
      name: `rst-in-${state}`,
      title: `an exact RST in ${state.toUpperCase()} with somebody to tell`,
      sysctl: { tcp_timestamps: 0 },
      steps: [
        ...connected(),
        client.drop('all'),
        ...shutInto(state, 1),
        client.inject({ flags: 'R', seq: state === 'last-ack' || state === 'closing' ? 2 : 1 }),
        server.poll('s'),
        server.recv('s'),
        server.error('s'),
        server.states(),
      ],
    }),
  ),
  {
    name: 'disconnect',
    title: 'connect to AF_UNSPEC aborts',
    steps: [...connected(), ...exchanged(), client.disconnect('c'), server.recv('s'), client.states()],
  },
  {
    name: 'close-unread',
    title: 'close with received data unread',
    steps: [
      ...connected(),
      client.send('c', 5000),
      server.recv('s', 1000),
      server.unread('s'),
      server.close('s'),
      client.recv('c'),
      client.recv('c'),
      client.send('c', 1),
      client.states(),
    ],
  },
  {
    name: 'close-unread-in-close-wait',
    title: 'close with received data and a FIN unread',
    steps: [
      ...connected(),
      client.send('c', 5000),
      waiting(client.shutdown('c', 'write'), 100),
      server.close('s'),
      client.recv('c'),
      client.error('c'),
      client.states(),
    ],
  },
  {
    name: 'close-unread-linger-zero',
    title: 'unread data and SO_LINGER 0 together',
    steps: [
      ...connected(),
      client.send('c', 10),
      server.set('s', 'linger', 0),
      server.close('s'),
      client.recv('c'),
    ],
  },
  {
    name: 'data-after-close',
    title: 'data reaches an end that has closed',
    steps: [
      ...connected(),
      ...exchanged(),
      waiting(client.close('c'), 100),
      client.states(),
      server.send('s', 50),
      server.poll('s'),
      server.error('s'),
      server.recv('s'),
      server.send('s', 50),
      client.states(),
      server.states(),
    ],
  },
  {
    name: 'data-after-close-unread-eof',
    title: 'data after close, the peer has not read the FIN: recv first',
    steps: [
      ...connected(),
      ...exchanged(),
      waiting(client.close('c'), 100),
      server.send('s', 50),
      server.recv('s'),
      server.recv('s'),
      server.send('s', 1),
    ],
  },
  {
    name: 'data-and-fin-after-close',
    title: 'data with a FIN behind it reaches an end that has closed',
    steps: [
      ...connected(),
      ...exchanged(),
      waiting(client.close('c'), 100),
      server.send('s', 50, 'more'),
      server.close('s'),
      client.states(),
      server.states(),
    ],
  },
  {
    name: 'data-to-fin-wait-1-orphan',
    title: 'data reaches an end whose FIN is not acknowledged yet',
    steps: [
      ...connected(),
      ...exchanged(),
      server.drop('fin'),
      client.close('c'),
      server.send('s', 50),
      client.states(),
      server.recv('s'),
      server.states(),
    ],
  },
  {
    name: 'reset-while-reading',
    title: 'the peer resets while there is unread data',
    steps: [
      ...connected(),
      client.send('c', 500),
      client.set('c', 'linger', 0),
      client.close('c'),
      server.poll('s'),
      server.unread('s'),
      server.recv('s', 100),
      server.recv('s', 100),
      server.recv('s', 100),
      server.send('s', 1),
    ],
  },
  {
    name: 'reset-while-sending',
    title: 'the peer resets, then we send',
    steps: [
      ...connected(),
      client.set('c', 'linger', 0),
      client.close('c'),
      server.send('s', 1),
      server.send('s', 1),
      server.recv('s'),
      server.shutdown('s', 'write'),
      server.close('s'),
    ],
  },
  {
    name: 'reset-before-accept',
    title: 'the client resets while the connection waits in the accept queue',
    steps: [
      ...connected().slice(0, -1),
      client.send('c', 10),
      client.set('c', 'linger', 0),
      client.close('c'),
      server.poll('l'),
      server.accept('l', 's'),
      server.recv('s'),
      server.recv('s'),
      server.poll('s'),
    ],
  },
];
