import type { Host } from '../../host/index.ts';
import type { Link } from '../../link/index.ts';
import { Flag } from '../../wire/index.ts';
import type { Lab } from '../lab.ts';
import type { LabSocket, Os, Process } from '../process.ts';
import { acceptOne, listen, receive, text } from './common.ts';

/**
 * What the scenarios with two incarnations of one four-tuple share. A new incarnation's sequence numbers lie among the old one's
 * where the old one sent faster than the clock of initial sequence numbers ticks (250 kB/s; RFC 1337, RFC 6528 section 3): these
 * applications do.
 */
export const ECHO_RTT_MS = 10;
const MESSAGE_BYTES = 8_192;

/** Sends back whatever comes, connection after connection, until EOF; `onRead` sees what was read. */
export function* echoServer(os: Os, onRead: (connection: number, bytes: Uint8Array) => void): Process {
  const listener = listen(os);
  for (let n = 1; ; n++) {
    const connection = yield* acceptOne(listener);
    connection.quiet = true;
    os.spawn(function* () {
      while ((yield* connection.recv()) > 0) {
        const bytes = connection.received;
        onRead(n, bytes);
        if ((yield* connection.send(bytes)) < 0) break;
      }
      connection.close();
    });
  }
}

/** Sends messages, each after the echo of the one before, until a time comes. */
export function* exchangeUntil(os: Os, socket: LabSocket, untilUs: number): Process {
  socket.quiet = true;
  while (os.now < untilUs) {
    yield* socket.send(text(MESSAGE_BYTES));
    yield* receive(socket, MESSAGE_BYTES);
  }
  socket.quiet = false;
}

/** Sends so many bytes in such messages. */
export function* exchangeBytes(socket: LabSocket, bytes: number): Process {
  socket.quiet = true;
  for (let left = bytes; left > 0; left -= MESSAGE_BYTES) {
    const size = Math.min(left, MESSAGE_BYTES);
    yield* socket.send(text(size));
    yield* receive(socket, size);
  }
  socket.quiet = false;
}

/** The client's initial sequence numbers, as they pass. */
export class SynWatch {
  readonly seqs: number[] = [];

  constructor(lab: Lab, link: Link, client: Host) {
    link.on(
      {
        source: lab.addressOf(client),
        flags: Flag.syn,
        without: Flag.ack,
        where: ({ seq }) => {
          if (this.seqs.at(-1) !== seq) this.seqs.push(seq);
          return false;
        },
      },
      'pass',
    );
  }
}

/** A copy of one segment that the network makes on the way, and delivers later. */
export class Wanderer {
  seq = 0;
  private bytes: Uint8Array | null = null;
  private readonly lab: Lab;
  private readonly link: Link;

  /** Of the first segment from the client whose payload is this text. */
  constructor(lab: Lab, link: Link, payload: string) {
    this.lab = lab;
    this.link = link;
    link.forward.gate.add((packet, { segment }) => {
      if (this.bytes !== null || segment.payloadLength !== payload.length) return 'pass';
      const { payloadOffset, payloadLength } = segment;
      const carried = segment.bytes.subarray(payloadOffset, payloadOffset + payloadLength);
      if (String.fromCharCode(...carried) !== payload) return 'pass';
      this.bytes = packet.bytes.slice(0, packet.length);
      this.seq = segment.seq;
      lab.tell(
        `on the way the network makes a copy of the segment "${payload}", which takes the long way round`,
      );
      return 'pass';
    });
  }

  arriveAt(atUs: number): void {
    this.lab.at(atUs, () => {
      if (this.bytes === null) return;
      this.lab.tell('the copy comes to the end of its way');
      this.link.inject(this.bytes, this.link.forward);
    });
  }
}
