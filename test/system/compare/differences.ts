import type { Difference } from './compare.ts';

export interface Known {
  /** The heading in docs/against-linux.md that argues it. */
  readonly heading: string;
  readonly lines: readonly Difference[];
}

/** By scenario: where our profile `linux` does not do as Linux does. Everything else is the same. */
export const DIFFERENCES: Readonly<Record<string, Known>> = {
  'simultaneous-open': {
    heading: 'Which SYN-ACK comes first when SYNs cross',
    lines: [
      '- 40000-8080 > A seq 1 ack 1 len 0 <ts>',
      '+ 40000-8080 > A seq 1 ack 1 len 0 <ts, sack 0-1>',
      '- 40000-8080 < A seq 1 ack 1 len 0 <ts, sack 0-1>',
      '+ 40000-8080 < A seq 1 ack 1 len 0 <ts, sack 0-1>',
    ],
  },
  'no-route': {
    heading: 'No routes',
    lines: [
      '- [3] client connect c = ENETUNREACH',
      '+ [3] client connect c = EINPROGRESS',
      '- [4] client poll c = out+hup',
      '+ [4] client poll c = none',
      '- [5] client states = none',
      '+ [5] client states = 40000-8080:SYN-SENT',
      '+ 40000-8080 > S seq 0 len 0 win 64240 <mss 1460, sackOK, ts, scale 7>',
    ],
  },
  'fin-wait-2-orphan-rst-outside': {
    heading: 'An RST before the window of an orphan',
    lines: ['- 40000-8080 < A seq 202 ack 101 len 0'],
  },
  'syn-sent-segments': {
    heading: 'When the SYN goes again after a bad ACK',
    lines: ['- 40000-8080 > R seq 5000 len 0', '+ 40000-8080 > R seq 5000 len 0'],
  },
  bulk: {
    heading: 'When small or first segments are acknowledged',
    lines: ['- 40000-8080 < A seq 1 ack 27513 len 0 <ts>'],
  },
  hole: {
    heading: 'When small or first segments are acknowledged',
    lines: [
      '- 40000-8080 > PA seq 4107 ack 201 len 1004 <ts>',
      '- 40000-8080 < A seq 201 ack 5111 len 0 <ts, sack 4107-5111>',
      '+ 40000-8080 < A seq 201 ack 4107 len 0 <ts>',
      '+ 40000-8080 < A seq 201 ack 5111 len 0 <ts>',
    ],
  },
  'text-over-forged-fin': {
    heading: 'Text over a FIN',
    lines: [
      '- [13] server states = 8080-0:LISTEN',
      '+ [13] server states = 8080-0:LISTEN 8080-40000:CLOSE-WAIT',
      '- [14] server error s = EPIPE',
      '+ [14] server error s = 0',
      '- 40000-8080 < R seq 1 len 0',
    ],
  },
};
