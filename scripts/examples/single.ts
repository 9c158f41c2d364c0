import {
  closeWait as neverClosed,
  keepaliveRace as race,
  threeSegments,
  unreadUpload,
} from '../traffic/endings.ts';
import { localHost, remoteHost } from '../traffic/host.ts';
import { ACK, PSH, Talk, text } from '../traffic/talk.ts';
import { Timeline } from './timeline.ts';

const CLIENT = localHost('192.0.2.31');
const SERVER = remoteHost('198.51.100.80', 7);

const GET = text(
  'GET /v1/items?page=3 HTTP/1.1\r\nHost: api.example\r\nUser-Agent: pool/2.1\r\nAccept: application/json\r\n\r\n',
);
const OK = text(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 28\r\nKeep-Alive: timeout=5\r\n\r\n{"items":[],"page":3,"of":3}',
);

/** A pooled connection: the server's idle limit of 5 s runs out while the next request is on its way. */
export function keepaliveRace(): Uint8Array {
  const timeline = new Timeline();
  const talk = new Talk(timeline, {
    atUs: 0,
    client: CLIENT,
    clientPort: 43_712,
    server: SERVER,
    serverPort: 80,
  });
  talk.handshake().exchange(GET, OK, 6_200).wait(730_000).exchange(GET, OK, 4_900);
  race(talk.wait(4_999_900), GET);
  return timeline.pcapng('A request crosses the FIN of an idle keep-alive connection');
}

const UPLOAD_BYTES = 21_720;

/** An upload to a service that looks at the head of the request only, and closes. */
export function unreadData(): Uint8Array {
  const timeline = new Timeline();
  const talk = new Talk(timeline, {
    atUs: 0,
    client: CLIENT,
    clientPort: 51_334,
    server: SERVER,
    serverPort: 8_080,
    serverSideUs: 12_000,
  });
  const head = `POST /upload HTTP/1.1\r\nHost: files.example\r\nContent-Length: ${UPLOAD_BYTES}\r\n\r\n`;
  talk.handshake();
  talk.wait(200).c(PSH | ACK, { payload: text(head) });
  unreadUpload(talk, text('0123456789abcdef', UPLOAD_BYTES), 1_448);
  return timeline.pcapng('A server closes while most of an upload lies unread in its buffer');
}

const CONNECTIONS = 250;

/** One short connection after the other; the client closes first and keeps every TIME-WAIT. */
export function portPressure(): Uint8Array {
  const timeline = new Timeline();
  const cache = remoteHost('198.51.100.6', 1);
  for (let i = 0; i < CONNECTIONS; i++) {
    const talk = new Talk(timeline, {
      atUs: i * 38_000 + ((i * 7_919) % 9_000),
      client: CLIENT,
      // Linux's connect() prefers even ports of the range 32768 to 60999.
      clientPort: 32_768 + 2 * ((i * 6_211) % 14_116),
      server: cache,
      serverPort: 6_379,
      serverSideUs: 800,
    });
    talk.handshake();
    talk.wait(30).c(PSH | ACK, { payload: text('PING\r\n') });
    talk.awaitServer().s(PSH | ACK, { payload: text('+PONG\r\n') });
    threeSegments(talk.wait(60), 'client');
  }
  return timeline.pcapng('Short connections closed by the client: TIME-WAIT piles up on it');
}

/** Clients close, the server acknowledges and never closes. Captured at the server. */
export function closeWait(): Uint8Array {
  const timeline = new Timeline();
  const server = localHost('192.0.2.50');
  for (let i = 0; i < 8; i++) {
    const talk = new Talk(timeline, {
      atUs: i * 21_300_000,
      client: remoteHost(`203.0.113.${10 + 3 * i}`, 4 + (i % 3)),
      clientPort: 40_000 + ((i * 4_507) % 20_000),
      clientSideUs: 24_000 + 700 * i,
      server,
      serverPort: 9_090,
      serverSideUs: 60,
    });
    talk.handshake().exchange(GET, OK, 9_000);
    neverClosed(talk.wait(2_000_000 + i * 150_000));
  }
  return timeline.pcapng('Clients close, and the server keeps its sockets in CLOSE-WAIT');
}
