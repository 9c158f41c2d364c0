import { Flag, type Segment } from '../wire/index.ts';
import type { Host } from './host.ts';
import { sendAnswer } from './serialise.ts';
import type { TimeWaitFields } from './time-wait.ts';
import { acknowledge } from './time-wait-arrives.ts';
import { killTimeWait } from './time-wait-life.ts';

/**
 * TIME-WAIT is never reopened: RFC 9293 3.6.1 (MAY-2) lets a host leave that. A SYN is then as in any synchronised state, answered with
 * a challenge ACK (RFC 5961 4.2), or as RFC 793 had it where `insecureSyn` says so: one in the window ends the connection with an RST.
 */
export function keepTimeWait(host: Host): void {
  host.synInTimeWait = answerSyn;
}

function answerSyn(host: Host, id: number, fields: TimeWaitFields, segment: Segment): void {
  const ahead = (segment.seq - fields.rcvNxt) | 0;
  const isInWindow = ahead >= 0 && ahead < fields.rcvWindow;
  if (!isInWindow || !host.config.insecureSyn) {
    acknowledge(host, fields, segment);
    return;
  }
  const { out } = host;
  out.seq = fields.sndNxt;
  out.ack = fields.rcvNxt;
  out.flags = Flag.rst | Flag.ack;
  out.window = 0;
  out.urgentPointer = 0;
  out.optionKinds = 0;
  out.sackCount = 0;
  out.payloadLength = 0;
  out.segmentSize = 0;
  out.ecn = 0;
  sendAnswer(host, segment, out);
  killTimeWait(host, id);
}
