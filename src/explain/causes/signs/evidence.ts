import { formatBytes, formatDuration, nameOf, ordinal } from '../../text.ts';
import { CLIENT, type End } from '../../track/connection.ts';
import type { AddEvidence, Case } from '../cause.ts';
import { unanswered } from './path.ts';

/** The first data that came although the other end had sent FIN, and the last. */
export function lateTextEvidence(k: Case, add: AddEvidence): void {
  const p = k.passive!;
  const packet = p.firstDataAfterPeerFinPacket;
  if (packet === 0 || packet === k.reset?.record.trigger?.packet) return;
  add(
    packet,
    p.firstDataAfterPeerFinAtUs,
    p.bytesAfterPeerFin > 0
      ? `${formatBytes(p.firstDataAfterPeerFinLength)} of the ${nameOf(k, p)} after it had acknowledged the other's FIN`
      : `${formatBytes(p.firstDataAfterPeerFinLength)} of the ${nameOf(k, p)} that do not acknowledge the other's FIN`,
  );
}

/** The last of what the RST's sender received and did not answer. */
export function unreadEvidence(k: Case, add: AddEvidence): void {
  const r = k.reset!.record;
  const peer = k.receiver!;
  if (k.sender!.zeroFirstPacket > 0) zeroWindowEvidence(k, k.sender!, add);
  if (r.senderUnread > 0 && peer.lastDataPacket !== r.trigger?.packet)
    add(
      peer.lastDataPacket,
      peer.lastDataAtUs,
      `last of the ${formatBytes(r.senderUnread)} that the ${nameOf(k, k.sender!)} received and did not answer`,
    );
}

export function zeroWindowEvidence(k: Case, end: End, add: AddEvidence): void {
  if (end.zeroFirstPacket > 0)
    add(end.zeroFirstPacket, end.zeroFirstAtUs, `the ${nameOf(k, end)} closes its window to 0`);
}

/** A SYN that met the connection while it lived, and the ACK that answered it. */
export function strangeSynEvidence(k: Case, add: AddEvidence): void {
  const { c } = k;
  const [from, to] = c.strangeSynFrom === CLIENT ? ['client', 'server'] : ['server', 'client'];
  add(c.strangeSynPacket, c.strangeSynAtUs, `SYN from the ${from}'s port on a connection that is not closed`);
  if (c.strangeSynAnswerPacket !== k.reset?.record.trigger?.packet)
    add(
      c.strangeSynAnswerPacket,
      c.strangeSynAnswerAtUs,
      `the ${to} answers the SYN with an ACK of the old connection (challenge ACK)`,
    );
}

export function badAnswerEvidence(k: Case, add: AddEvidence): void {
  const { c, client } = k;
  add(c.badAnswerPacket, c.badAnswerAtUs, 'answers the SYN with an ACK of something else, no SYN-ACK');
  if (client.syns > 1)
    add(client.lastSynPacket, client.lastSynAtUs, `the SYN for the ${ordinal(client.syns)} time`);
}

export function handshakeEvidence(k: Case, add: AddEvidence): void {
  if (k.c.handshakeAckPacket !== k.reset?.record.trigger?.packet)
    add(k.c.handshakeAckPacket, k.c.handshakeAckAtUs, "the client's last ACK of the handshake");
}

export function repeatedSynAckEvidence(k: Case, add: AddEvidence): void {
  add(
    k.c.synAckRepeatedPacket,
    k.c.synAckRepeatedAtUs,
    `SYN-ACK for the ${ordinal(k.c.synAckRepeats + 1)} time`,
  );
}

/** The last try of the end that nothing answers (the first is told for every such ending). */
export function silentEndEvidence(k: Case, add: AddEvidence): void {
  const u = unanswered(k);
  if (u === null || u.end.retryRun < 2) return;
  add(
    u.end.retryLastPacket,
    u.end.retryLastAtUs,
    `last retransmission, ${formatDuration(u.end.retryLastAtUs - u.end.retryFirstAtUs)} after the first`,
  );
}

export function keepaliveEvidence(k: Case, add: AddEvidence): void {
  const end = k.client.keepaliveRun >= k.server.keepaliveRun ? k.client : k.server;
  if (end.keepaliveRun > 1)
    add(
      end.keepaliveLastPacket,
      end.keepaliveLastAtUs,
      `last of ${end.keepaliveRun} keepalive probes by the ${nameOf(k, end)}`,
    );
}

/** Text that had been sent again before a host without the connection answered. */
export function retriesEvidence(k: Case, add: AddEvidence): void {
  const end = k.receiver!;
  if (end.retryRun > 0 && end.retryFirstPacket !== k.reset?.record.trigger?.packet)
    add(end.retryFirstPacket, end.retryFirstAtUs, `first retransmission by the ${nameOf(k, end)}`);
}
