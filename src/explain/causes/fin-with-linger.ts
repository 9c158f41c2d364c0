import { type Cause, neverFits } from './cause.ts';

export const finWithLinger: Cause = {
  id: 'fin-with-linger',
  group: 'orderly',
  severity: 'ok',
  title: 'close() waited for the ACK of its FIN (SO_LINGER > 0)',
  summary:
    'With SO_LINGER {1, n} close() blocks until data and FIN are acknowledged, and returns 0. The wire ' +
    'shows a normal close.',
  recognise:
    'Nothing on the wire differs from a normal close: only the time that close() blocks. If the wait ' +
    'ran out first see linger-timeout.',
  remedy:
    'Nothing is wrong: a positive linger time only makes close() wait for the acknowledgement by the ' +
    "peer's TCP, which is not a proof that the peer's application read it. Do not use it in an event " +
    'loop: close() blocks the thread (also on a non-blocking socket). Confirm at application level ' +
    'instead.',
  wouldSettle: ['the time spent in close(): `strace -T -e trace=close -p PID`'],
  references: [
    'RFC 9293 section 3.9.1.4 (close)',
    'socket(7), SO_LINGER',
    'Linux: inet_release, sk_stream_wait_close',
  ],
  scenario: 'linger-states',
  kinds: ['fin'],
  fit: neverFits,
};
