import type { Cause } from './cause.ts';
import { abortedLive, resetByClient } from './signs/resets.ts';
import { noData } from './signs/text.ts';
import { beforeReset } from './signs/words.ts';

export const resetBeforeAccept: Cause = {
  id: 'reset-before-accept',
  group: 'app-abort',
  severity: 'note',
  title: 'client connected and reset before accept()',
  summary:
    'The client completes the handshake and resets the connection before the server accepted it. On ' +
    'Linux accept() still succeeds and the first read gives ECONNRESET.',
  recognise:
    'Handshake, no data either way, then RST of form A from the client. The capture does not show when ' +
    'accept() ran: linger0-abort without data is the same picture; if it repeats at a fixed period ' +
    'from the same source, health-check-reset.',
  remedy:
    'Make the server treat ECONNRESET on the first read as a normal event, not as an accept failure. ' +
    'If it is a health check, use an application check or leave it out of the error count. If clients ' +
    'give up, look for slow accepts (Recv-Q of the listener in `ss -ltn`). Check: the accept loop goes ' +
    'on, and Recv-Q stays near 0.',
  wouldSettle: [
    '`ss -ltn` on the server: Recv-Q of the listener at that time',
    "the client's logs: timeout, cancel, health check",
  ],
  references: [
    'accept(2)',
    'RFC 9293 section 3.10.5 (ABORT call)',
    'Linux: tcp_reset; inet_csk_accept returns the dead socket',
  ],
  scenario: 'abrupt-end',
  kinds: ['rst'],
  fit: (k) => (abortedLive(k) && resetByClient(k) && noData(k) ? 0.7 : 0),
  story: (k) => {
    const opened = k.c.handshakeAckAtUs;
    return opened < 0
      ? `The RST came ${beforeReset(k, k.c.startUs)} after the first packet, before any data.`
      : `The RST came ${beforeReset(k, opened)} after the handshake had ended, before any data: the server's application may not have accepted the connection yet.`;
  },
};
