import { formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { gaveUpAfterUs, isRound } from './signs/closing.ts';
import { between } from './signs/words.ts';

export const clientGaveUp: Cause = {
  id: 'client-gave-up',
  group: 'field',
  severity: 'warning',
  title: 'the client gave up before the answer came',
  summary:
    'The client closes or resets before the server answered, after a round delay: its own timeout or a ' +
    "cancel by the user. The server's late answer gets RST, and its log shows EPIPE, 499 or a broken " +
    'pipe.',
  recognise:
    'Request acknowledged, no answer, FIN or RST of the client after a round time (1, 5, 10, 30, 60 ' +
    's), the same on several connections; an answer after it gets RST. Without a pattern it is ' +
    'peer-sent-after-close of the client.',
  remedy:
    "Speed the server up or raise the client's timeout; make timeouts shrink along the call chain, so " +
    'that the outer one is the longest. Servers should notice the closed client and stop work. nginx ' +
    'logs 499. Check: answer times against the timeout.',
  wouldSettle: ["the client's timeout setting", "the server's time for that request"],
  references: ['RFC 9112 section 9.5', 'apache/apisix#4715'],
  scenario: 'impatient-client',
  kinds: ['rst', 'fin-then-rst', 'fin'],
  fit: (k) => {
    const waited = gaveUpAfterUs(k);
    // It asked again and again, and no answer is in the capture as it has none of the server at all.
    const deaf = k.server.segments === 0 && (k.client.retransmissions > 0 || k.client.fins > 1);
    if (waited < 500_000 || deaf) return 0;
    return isRound(waited) ? 0.95 : 0.6;
  },
  story: (k) => {
    const waited = gaveUpAfterUs(k);
    const late =
      k.server.lastDataAtUs > k.client.lastDataAtUs
        ? `; the answer began ${between(k.server.turnAtUs, k.client.lastDataAtUs)} after the request`
        : '; no answer had come';
    return `The client left ${formatDuration(waited)} after the last byte of its request${isRound(waited) ? ', a round time as timers have' : ''}${late}.`;
  },
};
