import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake } from '../../../test/support/trace.ts';

const abort = (r: number) => `${exchange(r)}
  100 C RST ACK`;
const neverAnswered = (r: number) => `${handshake(r)}
  0.1 C PSH ACK 400
  ${r} S ACK
  50 S RST ACK`;
const afterTheAnswer = (pauseMs: number, more: string) => (r: number) =>
  `${exchange(r)}
  ${pauseMs} S PSH ACK 500
  0.05 C ACK
  ${more}
  100 C RST ACK`;
const freed = (r: number) => `${exchange(r)}
  100 C RST ACK win=1002`;
const shrunk = (r: number) => `${exchange(r)}
  5 S PSH ACK 8000
  0.1 C ACK win=440
  50 C RST ACK win=440`;
const ownWordLast = (r: number) => `${exchange(r)}
  100 S RST ACK`;
const askedAgain = (r: number) => `${exchange(r)}
  10 C PSH ACK 30
  10 C RST ACK`;
const begunLater = () => `0 S PSH ACK 57
  0.1 S RST ACK`;
const saidGoodbye = (r: number) => `${exchange(r)}
  100 C PSH ACK 6 text=QUIT
  0.1 C RST ACK`;
const saidGoodbyeLate = (r: number) => `${exchange(r)}
  100 S FIN ACK
  0.1 C ACK
  50 C PSH ACK 6 text=QUIT
  0.1 C RST ACK`;
const shutWindow = (r: number) => `${exchange(r)}
  5 C PSH ACK 1000
  ${r} S ACK win=0
  730 C RST ACK`;
const openWindow = (r: number) => `${exchange(r)}
  5 C PSH ACK 1000
  ${r} S ACK
  730 C RST ACK`;
const passive = (answer: string, window: number) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK win=${window}
  ${r} S ACK
  50 S ${answer}`;
const finWait2 = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  30 C RST ACK`;
const empty = (r: number) => `${handshake(r)}
  5 C RST ACK`;
const lateText = (length: number) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  50 S PSH ACK ${length}
  0.1 C RST`;
const lastWord = (r: number) => `${exchange(r)}
  100 S FIN ACK
  0.1 C PSH ACK 24
  0.1 C FIN ACK
  ${r} S RST`;
const taken = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  50 S PSH ACK 500
  0.1 C ACK
  ${r} S FIN ACK
  0.1 C ACK`;

const crossing = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r / 4} S RST ACK ack=-1`;
const finWait2Abort = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  300 C RST ACK`;
const finWait2AfterAnswer = (r: number) => `${exchange(r)}
  100 S FIN ACK
  ${r} C ACK
  300 S RST ACK`;
const lateTextTaken = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  50 S PSH ACK 900
  0.1 C ACK
  300 C RST ACK`;
const pipelined = (r: number) => `${exchange(r)}
  1 C PSH ACK 100
  ${r} S PSH ACK 500
  0.1 C PSH ACK 100
  5 C RST ACK`;
describe('app-abort', () => {
  itShows('linger0-abort', 'RST of a live socket with nothing unread for certain', abort, { bothWays: true });
  itShows('linger0-abort', 'the RST came after its sender had answered all', ownWordLast, { bothWays: true });
  itIsNot('linger0-abort', 'the request was never answered', neverAnswered);
  itShows('close-with-unread-data', 'something came unasked after the answer', afterTheAnswer(400, ''));
  itShows('linger0-abort', 'or so it may be', afterTheAnswer(400, ''), { beside: true });
  itShows('linger0-abort', 'the answer came in two parts', afterTheAnswer(0.1, ''));
  itShows(
    'linger0-abort',
    'a stream of messages that it follows',
    afterTheAnswer(400, '400 S PSH ACK 500\n0.05 C ACK'),
  );
  itIsNot('linger0-abort', 'the RST offers more room than the last segment', freed, { bothWays: true });

  itShows('close-with-unread-data', 'a request that was never answered', neverAnswered);
  itShows('close-with-unread-data', 'the RST offers the room of the freed buffer', freed, { bothWays: true });
  itShows('close-with-unread-data', 'the window had shrunk by what was unread', shrunk, { bothWays: true });
  itShows('close-with-unread-data', 'an answer that may not have been read', abort, { beside: true });
  itIsNot('close-with-unread-data', 'an answered peer resets', ownWordLast);
  itShows('close-with-unread-data', 'the next request went out before the answer was read', askedAgain, {
    beside: true,
    bothWays: true,
  });
  itShows('close-with-unread-data', 'what came before the capture is not known', begunLater, {
    beside: true,
  });
  itShows('close-with-unread-data', 'a goodbye, and gone at once', saidGoodbye, { bothWays: true });
  itShows('close-with-unread-data', 'a goodbye to one that had closed', saidGoodbyeLate, { bothWays: true });
  itShows('harmless-rst-after-close', 'or so it is', saidGoodbyeLate, { beside: true, bothWays: true });

  itShows('linger0-abort-data-lost', 'the peer had no room for what was queued', shutWindow, {
    bothWays: true,
  });
  itIsNot('linger0-abort-data-lost', 'everything was acknowledged', openWindow, { bothWays: true });

  itShows('linger0-in-close-wait', 'RST where a FIN was due', passive('RST ACK', 501), { bothWays: true });
  itIsNot('linger0-in-close-wait', 'FIN as it was due', passive('FIN ACK', 501), { bothWays: true });

  itShows('linger0-in-last-ack', 'the peer has closed, and its window too', passive('RST ACK', 0), {
    bothWays: true,
  });
  itIsNot('linger0-in-last-ack', 'nothing was owed', passive('RST ACK', 501), { bothWays: true });

  itShows('linger2-negative', 'RST of the closer in FIN-WAIT-2', finWait2, { bothWays: true });
  itIsNot('linger2-negative', 'data had come that the RST answers', lateText(500), { bothWays: true });

  itShows('reset-before-accept', 'a client that connects and resets', empty);
  itIsNot('reset-before-accept', 'data had been exchanged', abort);

  itShows('peer-sent-after-close', 'data after the acknowledged FIN meets no reader', lateText(500), {
    bothWays: true,
  });
  itIsNot('peer-sent-after-close', 'data after the FIN is taken', taken, { bothWays: true });

  itShows('harmless-rst-after-close', 'a last word, closed behind', lastWord);
  itIsNot('harmless-rst-after-close', 'more than a last word', lateText(500));
  itShows('linger0-abort', 'the RST crosses the FIN of the other end', crossing);
  itShows('linger0-abort', 'in FIN-WAIT-2, as TCP_LINGER2 would', finWait2Abort, { beside: true });
  itShows('close-with-unread-data', 'in FIN-WAIT-2, left from before the FIN', finWait2AfterAnswer, {
    beside: true,
    bothWays: true,
  });
  itShows('linger0-abort', 'in FIN-WAIT-2, after late text that it took', lateTextTaken, { beside: true });
  itShows('close-with-unread-data', 'a request was its last word', pipelined, { beside: true });
});
