import { type Cause, neverFits } from './cause.ts';

export const lingerTimeout: Cause = {
  id: 'linger-timeout',
  group: 'app-abort',
  severity: 'note',
  title: 'close() gave up waiting (SO_LINGER > 0); data still queued',
  summary:
    'SO_LINGER {1, n}: the peer takes nothing for n seconds, close() returns 0 all the same, and Linux ' +
    'goes on delivering as an orphan. No RST is sent.',
  recognise:
    'On the wire: a window of 0 or lost segments, then late delivery and a normal close, long after ' +
    'the application believed it was done. Only a system call trace shows that close() came back ' +
    'early. With linger 0 there would be an RST.',
  remedy:
    'close() reported success although nothing was confirmed; if the loss matters, confirm at ' +
    'application level. Fix the reader that lets its window shut. On Windows the same expiry aborts ' +
    'the connection. Check: `ss -tan state fin-wait-1` with Send-Q on the closer after close().',
  wouldSettle: [
    'the return time of close(): `strace -T -e trace=close -p PID`',
    '`ss -tan state fin-wait-1` on the closer',
  ],
  references: [
    'socket(7), SO_LINGER',
    'Linux: sk_stream_wait_close, __tcp_close (returns no error on timeout)',
  ],
  scenario: 'linger-states',
  kinds: ['fin'],
  fit: neverFits,
};
