import { Flag } from '../../wire/segment.ts';
import type { Case } from '../causes/cause.ts';
import { unackedText } from '../causes/signs/words.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { basisOf, comparedStory, mentionsHere } from '../peer/report.ts';
import { formatBytes, formatDuration, nameOf } from '../text.ts';
import type { End } from '../track/connection.ts';
import type { ResetRecord } from '../track/records.ts';
import { applicationSees } from './applications.ts';

/** Two or three sentences with the connection's own numbers: how it ended, and what the cause says about it. */
export function tellStory(d: Diagnosis): string {
  const { peer } = d;
  const k = basisOf(d);
  const told = [endingOf(k)];
  if (d.cause?.story !== undefined) told.push(d.cause.story(k));
  else if (d.cause !== null) told.push(d.cause.summary);
  const price = consequences(k);
  if (price !== '') told.push(price);
  if (peer !== null) told.push(comparedStory(peer));
  const story = told.filter((s) => s !== '').join(' ');
  return peer !== null && k === peer.there ? mentionsHere(peer, story) : story;
}

function exchanged(k: Case): string {
  const { client, server } = k;
  if (client.bytes + server.bytes === 0) return 'without any data';
  return `after ${formatBytes(client.bytes)} from the client and ${formatBytes(server.bytes)} from the server`;
}

function endingOf(k: Case): string {
  const { o, c, client } = k;
  const age = formatDuration(c.lastUs - c.startUs);
  switch (o.closeKind) {
    case 'refused':
      return `The client's SYN was answered with RST ${formatDuration(k.reset!.record.atUs - client.lastSynAtUs)} later: connection refused.`;
    case 'refused-icmp':
      return `The client's SYN was answered with an ICMP error ${formatDuration((c.icmp[0]?.atUs ?? client.synAtUs) - client.synAtUs)} later.`;
    case 'connect-timeout':
      return `The client sent its SYN ${client.syns === 1 ? 'once' : `${client.syns} times`} within ${formatDuration(client.lastSynAtUs - client.synAtUs)} and ${c.badAnswers > 0 ? 'no SYN-ACK ever came' : 'nothing ever answered'}.`;
    case 'abort-connect':
      return `The server answered the SYN after ${formatDuration(Math.max(0, c.synRttUs))}, and the client answered that with RST: no connection was made.`;
    case 'timeout':
      return timeoutStory(k);
    case 'open':
      return `The connection was still open when the capture ended, ${age} after its first packet.`;
    case 'half-closed':
      return `The ${nameOf(k, k.closer!)} sent FIN ${exchanged(k)}; the ${nameOf(k, k.passive!)} acknowledged it but had not closed ${formatDuration(o.captureEndUs - k.closer!.finAtUs)} later, when the capture ended.`;
    case 'fin':
      return finStory(k);
    default:
      return resetStory(k);
  }
}

function finStory(k: Case): string {
  const { closer, passive, o } = k;
  if (closer === null || passive === null) return '';
  const how =
    o.closeForm === 'simultaneous'
      ? "Both ends sent FIN before either had the other's"
      : `The ${nameOf(k, closer)} closed first`;
  const other =
    passive.finAtUs >= 0 && o.closeForm !== 'simultaneous'
      ? `; the ${nameOf(k, passive)} closed ${formatDuration(Math.abs(passive.finAtUs - closer.finAtUs))} later`
      : '';
  return `${how}, ${exchanged(k)}${other}.`;
}

function resetStory(k: Case): string {
  const { record: r, foreign } = k.reset!;
  const who =
    foreign === null
      ? `The ${r.from === 0 ? 'client' : 'server'}`
      : `Somebody in the ${r.from === 0 ? 'client' : 'server'}'s name`;
  const first =
    k.closer === null || k.closer.finAtUs > r.atUs
      ? ''
      : `The ${nameOf(k, k.closer)} sent FIN; ${formatDuration(Math.max(0, r.atUs - k.closer.finAtUs))} later `;
  const crossed = first !== '' && k.o.closeKind === 'rst' ? ', which had not received it,' : '';
  const sent = `${first === '' ? who : who.charAt(0).toLowerCase() + who.slice(1)}${crossed} sent RST`;
  const answer =
    k.reset!.answers && r.trigger !== null
      ? `, ${formatDuration(Math.max(0, r.atUs - r.trigger.atUs))} after the ${r.from === 0 ? 'server' : 'client'}'s packet ${r.trigger.packet}`
      : '';
  return `${first}${sent} ${exchanged(k)}${answer}.`;
}

function timeoutStory(k: Case): string {
  const end = [k.client, k.server].find(
    (e) => e.retryRun > 0 || e.keepaliveRun > 0 || e.windowProbes > 0 || e.fins > 2,
  );
  if (end === undefined) return `The connection fell silent ${exchanged(k)}.`;
  const name = nameOf(k, end);
  if (end.retryRun > 0)
    return `The ${name} sent ${formatBytes(end.retryLength)} again ${end.retryRun} times over ${formatDuration(Math.max(0, end.retryLastAtUs - end.retryFirstAtUs))} and got no answer.`;
  if (end.windowProbes > 0)
    return `The ${name} asked a closed window ${end.windowProbes} times and then stopped.`;
  const probes = end.keepaliveRun > 0 ? end.keepaliveRun : end.keepaliveProbes;
  if (probes > 0)
    return `The ${name} sent ${probes} keepalive probes over ${formatDuration(Math.max(0, end.keepaliveLastAtUs - end.keepaliveFirstAtUs))} and got no answer.`;
  return `The ${name} sent its FIN ${end.fins} times over ${formatDuration(Math.max(0, end.finLastAtUs - end.finAtUs))} and got no answer.`;
}

function consequences(k: Case): string {
  const said: string[] = [];
  for (const end of [k.client, k.server]) {
    const sees = applicationSees(k, end, end === k.client ? 'client' : 'server');
    const text = sees === null ? undefined : ERRORS[sees];
    if (text !== undefined) said.push(`the ${nameOf(k, end)}'s application sees ${sees} (${text})`);
  }
  const byReset = k.reset?.accepted && (k.o.closeKind === 'rst' || k.o.closeKind === 'fin-then-rst');
  if (byReset && k.o.timeWait < 0) said.push('no TIME-WAIT remains on either side');
  const told = said.length === 0 ? '' : `${capitalised(said.join('; '))}.`;
  const lost = byReset ? losses(k) : '';
  return [told, lost].filter((s) => s !== '').join(' ');
}

/** Which bytes the reset can have cost, in the order of doubt: not read, not delivered, refused. */
function losses(k: Case): string {
  const { record: r, form, foreign } = k.reset!;
  const aborted = form === 'A' && foreign === null;
  const [sender, receiver] = [nameOf(k, k.sender!), nameOf(k, k.receiver!)];
  const lost: string[] = [];
  if (aborted && r.senderUnread > 0)
    lost.push(
      `up to ${formatBytes(r.senderUnread)} that the ${sender} had received but its application may not have read`,
    );
  const unsent = aborted ? unackedText(k.sender!) : 0;
  if (unsent > 0)
    lost.push(`${formatBytes(unsent)} of the ${sender} without acknowledgement, dropped with its send queue`);
  const refused = undelivered(k.receiver!, r);
  if (refused > 0) lost.push(`${formatBytes(refused)} of the ${receiver} without acknowledgement`);
  return lost.length === 0 ? '' : `What can be lost: ${lost.join('; ')}.`;
}

/** Text of the reset end that neither an ACK nor the RST itself acknowledges. */
function undelivered(end: End, r: ResetRecord): number {
  const unacked = unackedText(end);
  if ((r.flags & Flag.ack) === 0 || !end.acked) return unacked;
  return Math.max(0, unacked - Math.max(0, (r.ack - end.sndUna) | 0));
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const ERRORS: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EACCES: 'permission denied',
};
