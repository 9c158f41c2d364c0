import { localHost, remoteHost } from '../traffic/host.ts';
import { ACK, PSH, RST, Talk, text } from '../traffic/talk.ts';
import { Timeline } from './timeline.ts';

const NEAR = '172.30.22.108';
const FAR = '172.25.34.90';
const ROUND_TRIP_US = 1_900;

/**
 * The client asks, is answered, and resets instead of closing, while another connection between the same hosts goes on.
 * Windows are raw, as no end offers scaling.
 */
export function article(): Uint8Array {
  const timeline = new Timeline();
  const near = localHost(NEAR);
  const far = remoteHost(FAR, 3);
  const other = new Talk(timeline, {
    atUs: 0,
    client: far,
    clientPort: 36_000,
    clientSideUs: ROUND_TRIP_US,
    server: near,
    serverPort: 5_970,
    serverSideUs: 60,
    style: 'plain',
  });
  other.client.window = 7_504;
  other.handshake();
  const talk = new Talk(timeline, {
    atUs: 212_000,
    client: near,
    clientPort: 5_000,
    server: far,
    serverPort: 8_080,
    serverSideUs: ROUND_TRIP_US,
    style: 'plain',
  });
  talk.handshake();
  talk.wait(300).c(PSH | ACK, { payload: text('STATUS 42\n') });
  talk.awaitServer().s(ACK);
  talk.wait(4_100).s(PSH | ACK, { payload: text('READY 2048\n') });
  other.atUs = talk.atUs + 350;
  other.c(PSH | ACK, { payload: text('EVENT queue=17 level=info ', 104) });
  talk.wait(900).c(RST | ACK, { window: 0 });
  return timeline.pcapng('A client that answers an answer with RST instead of FIN');
}
