import { type Scenario, scenario } from '../scenario.ts';
import { choice, count } from '../values.ts';
import { acceptOne, listen, PORT, PROFILE, pair, RTT, text, us } from './common.ts';

/** RFC 8446 5.1: content type handshake, version 3.1, and the length of the record. */
function clientHello(bytes: number): Uint8Array {
  const hello = text(bytes, '\0');
  hello.set([0x16, 0x03, 0x01, (bytes - 5) >> 8, (bytes - 5) & 255, 0x01]);
  return hello;
}

/** Fatal alert, unexpected_message (RFC 8446 6.2). */
const ALERT = Uint8Array.of(0x15, 0x03, 0x01, 0, 2, 2, 10);
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';
const REQUEST = 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n';

export const wrongProtocol: Scenario = scenario({
  name: 'wrong-protocol',
  title: 'TLS spoken to a plain port, or plain text to a TLS port',
  story:
    'The client was told the wrong scheme or the wrong port. TCP does its work: the handshake is fine and the first words arrive, but they are in ' +
    'another language. A plain HTTP server finds a ClientHello where a request should be: it answers 400 and closes, or closes without a word. A ' +
    'TLS server finds GET: it sends an alert and closes. The client reports a protocol error, EOF, or ECONNRESET, and nothing is wrong with the network.',
  causes: ['tls-plaintext-mismatch'],
  parameters: {
    client: choice(['tls', 'plain'], 'what the client speaks; the server speaks the other'),
    answers: choice(['yes', 'no'], 'whether the server says anything before it closes'),
    hello: count(517, 100, 1_400, 'size of the ClientHello', 'B'),
    profile: PROFILE,
    rtt: RTT,
  },
  expects: ({ client, answers }) => {
    if (client === 'tls' || answers === 'yes') return ['tls-plaintext-mismatch'];
    // A server that closes without a word to a plain request shows nothing of why.
    return [];
  },
  build: (lab, { client: speaks, answers, hello, profile, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, profile });
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* connection.recv();
      if (answers === 'yes') yield* connection.send(speaks === 'tls' ? BAD_REQUEST : ALERT);
      connection.close();
      listener.close();
    });
    let got = 0;
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      yield* socket.send(speaks === 'tls' ? clientHello(hello) : REQUEST);
      got = yield* socket.recv();
      socket.close();
    });
    lab.lookAt(4 * us(rtt), 'when the client has its answer');
    lab.atEnd(() =>
      lab.fact('answer', got, 'B', `the client read ${got} bytes that it cannot make sense of`),
    );
  },
});
