import type { Packet } from '../../host/packet.ts';
import { Flag, internetChecksum, Protocol, pseudoHeaderSum, type Segment } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { choice, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, SECOND, us } from './common.ts';
import { Forger, routedPair } from './paths.ts';

/** Writes another acknowledgement number, and the checksum that goes with it. */
function acknowledge(packet: Packet, segment: Segment, ack: number): void {
  const { view, length } = packet;
  const tcp = segment.headerOffset;
  view.setInt32(tcp + 8, ack);
  view.setUint16(tcp + 16, 0);
  const pseudo = pseudoHeaderSum(segment.source, segment.destination, Protocol.tcp, length - tcp);
  view.setUint16(tcp + 16, internetChecksum(view, tcp, length - tcp, pseudo));
}

export const handshakeTampered: Scenario = scenario({
  name: 'handshake-tampered',
  title: 'a segment of the handshake acknowledges the wrong number',
  story:
    "segment=last-ack: a box on the path damages the number that the handshake's last packet acknowledges. The server never sent that number: its " +
    'half-open connection answers with an RST that carries it, and stays. The client, which believes that it is connected, does not take an RST that ' +
    'lies outside of its window; its next segment is a good one and completes the handshake. segment=answer: somebody answers the SYN before the ' +
    'server does, with an ACK of something else, as a peer with an old connection would. The client answers with RST, stays in ' +
    'SYN-SENT, and takes the right SYN-ACK when it comes.',
  causes: ['bad-handshake-ack', 'bad-ack-in-syn-sent'],
  parameters: {
    segment: choice(['last-ack', 'answer'], 'which segment is wrong'),
    off: count(100_000, 1_000, 1_000_000_000, 'how far its number lies off the right one'),
    request: count(100, 1, 10_000, 'size of the request', 'B'),
    rtt: RTT,
  },
  expects: ({ segment }) => [segment === 'last-ack' ? 'bad-handshake-ack' : 'bad-ack-in-syn-sent'],
  // The forged answer does not pass the server: it gets an RST out of nothing.
  expectsAt: ({ segment }, end) => {
    if (segment === 'last-ack') return ['bad-handshake-ack'];
    return end === 'client'
      ? ['bad-ack-in-syn-sent']
      : ['bad-ack-in-syn-sent', 'rst-ignored', 'rst-challenged'];
  },
  build: (lab, { segment: which, off, request, rtt }) => {
    const { client, server, middle, address } = routedPair(lab, { rtt });
    if (which === 'last-ack') {
      let isDone = false;
      middle.forward.gate.add((packet, { segment }) => {
        if (isDone || (segment.flags & (Flag.syn | Flag.ack)) !== Flag.ack) return 'pass';
        isDone = true;
        acknowledge(packet, segment, (segment.ack + off) | 0);
        lab.tell("a box on the path damages the acknowledgement number of the handshake's last packet");
        return 'pass';
      });
    } else {
      const forger = new Forger(middle, lab.addressOf(client), address, 60);
      let isDone = false;
      middle.forward.gate.add((_packet, { segment, now }) => {
        if (isDone || (segment.flags & Flag.syn) === 0) return 'pass';
        isDone = true;
        lab.at(now, () => {
          const { next } = forger.client;
          forger.send('client', {
            sourcePort: PORT,
            destinationPort: forger.client.ports.source,
            seq: Math.imul(lab.seed, 0x9e3779b1),
            ack: (next + off) | 0,
            flags: Flag.ack,
            window: 500,
          });
          lab.tell('somebody on the path answers the SYN with an ACK of something else');
        });
        return 'pass';
      });
    }
    let connectedUs = -1;
    let got = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* connection.recv();
      yield* connection.send('the answer');
      yield* connection.drain();
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      connectedUs = os.now;
      yield* os.sleep(SECOND / 10 + 2 * us(rtt));
      yield* socket.send(new Uint8Array(request).fill(97));
      got = yield* socket.recv();
      socket.close();
    });
    lab.lookAt(2 * us(rtt), 'after the handshake');
    lab.limitUs = 200 * SECOND;
    lab.atEnd(() => {
      const resets = client.counters.OutRsts + server.counters.OutRsts;
      lab.fact('resets', resets, '', `the two ends sent ${resets} RSTs`);
      lab.fact('connect-took', connectedUs / SECOND, 's', `connect() took ${connectedUs / SECOND} s`);
      lab.fact('answer', got, 'B', `the client read ${got} bytes: the connection was not harmed`);
    });
  },
});
