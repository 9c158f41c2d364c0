import { type Cause, neverFits } from './cause.ts';

export const synCookies: Cause = {
  id: 'syn-cookies',
  group: 'connect',
  severity: 'note',
  title: 'the listener answered with a SYN cookie',
  summary:
    'The SYN queue was full and the listener answered with SYN cookies: the connection works, but ' +
    'without options that do not fit into the cookie.',
  recognise:
    'Hard to see on one connection: a SYN-ACK that is never retransmitted, no window scale or SACK in ' +
    'it when the client sent no timestamps, and many half-open connections around it. The kernel ' +
    'counter is the proof.',
  remedy:
    'The connection is fine. Find the flood or the slow accept: TCPReqQFullDoCookies counts, and the ' +
    'kernel logs `Possible SYN flooding on port`. Raise the listen backlog and tcp_max_syn_backlog if ' +
    'it is real load. Keep timestamps on, so that window scale and SACK survive the cookie. Check: ' +
    'TCPReqQFullDoCookies stands still.',
  wouldSettle: [
    'TCPReqQFullDoCookies, SyncookiesSent and SyncookiesRecv on the server: `nstat -az`',
    "`journalctl -k | grep 'SYN flooding'` on the server",
  ],
  references: ['RFC 4987 section 3.6 (SYN cookies)', 'Linux: cookie_v4_check, net.ipv4.tcp_syncookies'],
  scenario: 'syn-flood',
  kinds: ['fin', 'rst', 'open', 'half-closed', 'fin-then-rst'],
  fit: neverFits,
};
