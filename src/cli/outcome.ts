import type { ConnectionEnding } from '../explain/types.ts';
import { durationText } from './format.ts';

type Ended = Pick<
  ConnectionEnding,
  'closeKind' | 'closeForm' | 'firstCloser' | 'rstSender' | 'start' | 'end'
>;

/** How it ended, as the right half of `flow 7 ... reset by the client after 1.2 s`. */
export function outcomeText(e: Ended): string {
  const after = e.end > e.start ? ` after ${durationText(e.end - e.start)}` : '';
  switch (e.closeKind) {
    case 'fin':
      return `closed by ${closerText(e)}${e.closeForm === 'simultaneous' ? ' (simultaneous)' : ''}${after}`;
    case 'rst':
      return `reset by ${resetterText(e)}${after}`;
    case 'fin-then-rst':
      if (e.firstCloser === e.rstSender && e.rstSender !== null)
        return `closed and then reset by the ${e.rstSender}${after}`;
      return `closed by ${closerText(e)}, reset by ${resetterText(e)}${after}`;
    case 'refused':
      return `refused by ${resetterText(e)}${after}`;
    case 'refused-icmp':
      return `refused by an ICMP error${after}`;
    case 'connect-timeout':
      return `connect timed out${after}`;
    case 'abort-connect':
      return `given up by ${closerText({ ...e, firstCloser: e.firstCloser ?? 'client' })} while connecting${after}`;
    case 'timeout':
      return `timed out without a close${after}`;
    case 'half-closed':
      return `half-closed by ${closerText(e)}, still so at the end of the capture${after}`;
    case 'open':
      return `open at the end of the capture${after}`;
  }
}

function closerText(e: Ended): string {
  if (e.firstCloser === null) return 'an end that was not seen';
  return e.firstCloser === 'both' ? 'both ends' : `the ${e.firstCloser}`;
}

function resetterText(e: Ended): string {
  if (e.rstSender === null) return 'a sender that was not seen';
  return e.rstSender === 'middlebox' ? 'a middlebox' : `the ${e.rstSender}`;
}

/** How a number of connections ended, in the order in which the summary shows them. */
export const KIND_TEXT: Readonly<Record<ConnectionEnding['closeKind'], string>> = {
  fin: 'closed with FIN',
  rst: 'reset',
  'fin-then-rst': 'closed with FIN, then reset',
  refused: 'refused with RST',
  'refused-icmp': 'refused with ICMP',
  'connect-timeout': 'connect timed out',
  'abort-connect': 'given up while connecting',
  timeout: 'timed out',
  'half-closed': 'half-closed at the end',
  open: 'open at the end',
};
