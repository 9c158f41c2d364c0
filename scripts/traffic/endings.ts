import type { Host } from './host.ts';
import { ACK, FIN, PSH, RST, SYN, type Talk } from './talk.ts';

/** Endings of a connection that is open and quiet, as Linux hosts make them. */

export function fourSegments(talk: Talk, first: 'client' | 'server', thinkUs: number = 700): void {
  if (first === 'client') {
    talk
      .c(FIN | ACK)
      .awaitServer()
      .s(ACK);
    talk.wait(thinkUs).s(FIN | ACK);
    talk.awaitClient().c(ACK);
  } else {
    talk
      .s(FIN | ACK)
      .awaitClient()
      .c(ACK);
    talk.wait(thinkUs).c(FIN | ACK);
    talk.awaitServer().s(ACK);
  }
}

export function threeSegments(talk: Talk, first: 'client' | 'server'): void {
  if (first === 'client') {
    talk
      .c(FIN | ACK)
      .awaitServer()
      .s(FIN | ACK);
    talk.awaitClient().c(ACK);
  } else {
    talk
      .s(FIN | ACK)
      .awaitClient()
      .c(FIN | ACK);
    talk.awaitServer().s(ACK);
  }
}

export function simultaneous(talk: Talk): void {
  talk.c(FIN | ACK);
  talk.wait(30).s(FIN | ACK, { behind: 1 });
  talk.awaitClient().c(ACK);
  talk.awaitServer().s(ACK);
}

/** The client closes its direction, the server goes on for a while. */
export function halfClose(talk: Talk, payload: Uint8Array): void {
  talk
    .c(FIN | ACK)
    .awaitServer()
    .s(ACK);
  for (let i = 0; i < 3; i++) {
    talk.wait(4_000).s(PSH | ACK, { payload });
    talk.awaitClient().c(ACK);
  }
  talk.wait(900).s(FIN | ACK);
  talk.awaitClient().c(ACK);
}

/** A live socket torn down by its own side: in sequence, with ACK, window and the running IP ID. */
export function abort(talk: Talk, by: 'client' | 'server'): void {
  if (by === 'client') talk.c(RST | ACK);
  else talk.s(RST | ACK);
}

/** `bytes` come in segments of `segment`, nobody reads them, the window closes by as much, and the server closes. */
export function unreadUpload(talk: Talk, bytes: Uint8Array, segment: number): void {
  for (let at = 0; at < bytes.length; at += segment)
    talk.wait(12).c(PSH | ACK, { payload: bytes.subarray(at, at + segment) });
  talk.awaitServer();
  for (let acked = 0; acked < bytes.length; acked += 2 * segment) {
    const unread = Math.min(bytes.length, acked + 2 * segment);
    // RFC 9293 3.8.6: the window is the room that is left.
    talk.server.window = 502 - Math.floor(unread / 128);
    talk.wait(15).s(ACK, { behind: bytes.length - unread });
  }
  // close() throws the receive queue away before it sends the RST, which so offers the whole window again (Linux: __tcp_close).
  talk.server.window = 502;
  talk.wait(2_300);
  abort(talk, 'server');
}

/** The server's idle limit runs out while the next request is on its way to it. */
export function keepaliveRace(talk: Talk, request: Uint8Array): void {
  talk.c(PSH | ACK, { payload: request });
  talk.wait(50).s(FIN | ACK, { behind: request.length });
  const afterFin = talk.client.received;
  talk.awaitClient().c(ACK);
  // One RST for each segment that was in flight.
  talk.awaitServer().resetWithoutSocket('server', (afterFin - 1) | 0);
  talk.wait(40).resetWithoutSocket('server', afterFin);
}

/** The server closed an idle connection `idleUs` ago; the client's pool hands it out all the same. */
export function stalePool(talk: Talk, request: Uint8Array, idleUs: number): void {
  talk
    .s(FIN | ACK)
    .wait(40_000)
    .c(ACK);
  talk.wait(idleUs).c(PSH | ACK, { payload: request });
  talk.awaitServer().resetWithoutSocket('server', talk.client.received);
}

export function lastAckLost(talk: Talk): void {
  talk
    .c(FIN | ACK)
    .awaitServer()
    .s(FIN | ACK);
  talk.awaitClient().c(ACK, { lost: true });
  talk.wait(224_000).s(FIN | ACK, { back: 1 });
  talk.awaitClient().c(ACK);
}

export function finLost(talk: Talk): void {
  talk.c(FIN | ACK, { lost: true });
  talk.wait(212_000).c(FIN | ACK, { back: 1 });
  talk.awaitServer().s(FIN | ACK);
  talk.awaitClient().c(ACK);
}

/** The client closes; the server's application never does. */
export function closeWait(talk: Talk): void {
  talk
    .c(FIN | ACK)
    .wait(40_000)
    .s(ACK);
}

/** Nothing reaches the other end any more: retransmissions with doubled timeouts, then silence. */
export function silence(talk: Talk, request: Uint8Array, retries: number): void {
  talk.c(PSH | ACK, { payload: request, lost: true });
  let rtoUs = 220_000;
  for (let i = 0; i < retries; i++, rtoUs *= 2)
    talk.wait(rtoUs).c(PSH | ACK, { payload: request, back: request.length, lost: true });
}

/** Keepalive probes, each answered. */
export function keepaliveProbes(talk: Talk, count: number, intervalUs: number): void {
  for (let i = 0; i < count; i++) {
    talk.wait(intervalUs).s(ACK, { back: 1 });
    talk.awaitClient().c(ACK);
  }
}

/** Endings that begin with the SYN. */

export function portClosed(talk: Talk): void {
  talk.c(SYN).awaitServer().refuse();
}

export function filtered(talk: Talk, retries: number): void {
  talk.c(SYN);
  for (let i = 0; i < retries; i++) talk.wait(1_000_000 * 2 ** i).repeatSyn();
}

export function prohibited(talk: Talk, by: Host): void {
  talk.c(SYN).awaitServer().icmpAboutSyn(by, 3, 13);
}

/** A half-open scan of an open port: the scanner's kernel knows no socket for the SYN-ACK. */
export function probeOpenPort(talk: Talk): void {
  talk
    .c(SYN, { window: 1_024 })
    .awaitServer()
    .s(SYN | ACK);
  talk.awaitClient().resetWithoutSocket('client', talk.client.next);
}

export function healthCheck(talk: Talk): void {
  talk.handshake().wait(60);
  abort(talk, 'client');
}
