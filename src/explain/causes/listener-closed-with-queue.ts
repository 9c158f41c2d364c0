import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';
import { abortedLive, resetByServer } from './signs/resets.ts';
import { resetFreedBuffer, resetKeptBuffer } from './signs/text.ts';
import { beforeReset } from './signs/words.ts';

export const listenerClosedWithQueue: Cause = {
  id: 'listener-closed-with-queue',
  group: 'connect',
  severity: 'error',
  title: 'listener closed with connections in its queue: RST',
  summary:
    'The server closes its listening socket (shutdown, restart, crash) while finished handshakes wait ' +
    'for accept(). The kernel resets each of them; the clients had a successful connect() and lose ' +
    'what they sent.',
  recognise:
    "Handshake, perhaps a request that the server's kernel acknowledged, no byte from the server, then " +
    'RST of form A from the server; often several connections at one instant, and SYNs refused from ' +
    'then on. close-with-unread-data needs an accepted connection and can come at any time; ' +
    'accept-queue-full-abort is form B at once after the handshake.',
  remedy:
    'Drain in order: take the server out of routing, wait, accept what is queued, then close the ' +
    'listener. Or hand the listener over (systemd socket activation, nginx reload, SO_REUSEPORT with ' +
    'net.ipv4.tcp_migrate_req=1). Price: a slower stop. Check: no RST on unaccepted connections at the ' +
    'next deployment.',
  wouldSettle: [
    "the server's log: stop or reload at that time",
    'whether other waiting connections were reset at the same instant',
  ],
  references: ['RFC 9293 section 3.10.4 (CLOSE call, LISTEN)', 'Linux: inet_csk_listen_stop, tcp_disconnect'],
  scenario: 'listener-closes',
  kinds: ['rst'],
  fit: (k) => {
    if (!abortedLive(k) || !resetByServer(k) || k.server.bytes > 0) return 0;
    if (k.client.bytes === 0) return 0.8;
    if (resetFreedBuffer(k) === 1) return 0.2;
    if (resetKeptBuffer(k)) return 0.92;
    const record = k.c.serverRecord;
    const burst =
      record !== null &&
      Math.abs(record.resetBurstAtUs - k.reset!.record.atUs) < 100_000 &&
      record.resetBurstUnfed > 0;
    if (burst) return 0.9;
    // A server that never said a word on any of its connections has hardly accepted them.
    return record !== null && record.accepted > 1 && record.served === 0 ? 0.85 : 0.6;
  },
  story: (k) => {
    const fed =
      k.client.bytes > 0
        ? `the client's ${formatBytes(k.client.bytes)} were never answered`
        : 'the client had sent nothing';
    const burst = k.c.serverRecord?.resetBurst ?? 0;
    const others = burst > 1 ? ` The server reset ${burst} connections in that moment.` : '';
    return `The server never sent a byte and ${fed}: ${beforeReset(k, k.c.handshakeAckAtUs < 0 ? k.c.startUs : k.c.handshakeAckAtUs)} after the handshake its application may not have accepted the connection yet.${others}`;
  },
};
