import { Flag } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { count, flag } from '../values.ts';
import { answerOne, ask, listen, pair, RTT, SECOND, settledUs, us } from './common.ts';

export const lastAckLost: Scenario = scenario({
  name: 'last-ack-lost',
  title: 'the last ACK is lost: TIME-WAIT answers the repeated FIN, without TIME-WAIT an RST does',
  story:
    "The client closes first, the server follows, and the ACK of the server's FIN is lost on the way. The server, in LAST-ACK, knows " +
    'only that nothing came back, and sends its FIN again. The client in TIME-WAIT still knows the connection: it acknowledges again and ' +
    'starts its 2MSL anew, and both ends are closed cleanly. With time-wait=off (2MSL is 2 ms) the client has forgotten the ' +
    'connection by then and answers the FIN with RST.',
  causes: ['last-ack-lost', 'last-ack-lost-no-time-wait'],
  parameters: {
    'time-wait': flag(true, 'whether the client keeps TIME-WAIT'),
    lost: count(1, 1, 5, 'how many of the last ACKs in a row are lost'),
    rtt: RTT,
  },
  expects: (values) => [values['time-wait'] ? 'last-ack-lost' : 'last-ack-lost-no-time-wait'],
  build: (lab, { 'time-wait': keeps, lost, rtt }) => {
    const { client, server, link, address } = pair(lab, {
      rtt,
      ...(keeps ? {} : { client: { mslUs: 1_000 } }),
    });
    const closeUs = settledUs(rtt);
    let finOfServer = false;
    let dropped = 0;
    link.backward.gate.add((_packet, { segment }) => {
      if ((segment.flags & Flag.fin) !== 0) finOfServer = true;
      return 'pass';
    });
    link.forward.gate.add((_packet, { segment }) => {
      const isAck = (segment.flags & (Flag.fin | Flag.rst | Flag.syn)) === 0 && segment.payloadLength === 0;
      if (!finOfServer || !isAck || dropped >= lost) return 'pass';
      dropped++;
      lab.tell('the path loses the last ACK');
      return 'drop';
    });
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* answerOne(listener);
      yield* connection.recv();
      yield* os.sleep(100_000);
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* ask(socket, address);
      yield* os.sleepUntil(closeUs);
      socket.close();
    });
    lab.lookAt(closeUs + 150_000 + 2 * us(rtt), 'when the last ACK is lost');
    lab.lookAt(closeUs + 20 * SECOND, '20 s after the close');
  },
});
