import type { AddEvidence, Case } from '../causes/cause.ts';
import { formatBytes, formatDuration, nameOf, ordinal } from '../text.ts';
import type { End } from '../track/connection.ts';

/** The packets that every verdict of this kind stands on; a cause adds its own. */
export function gatherEvidence(k: Case, add: AddEvidence): void {
  finEvidence(k, k.client, add);
  finEvidence(k, k.server, add);
  if (k.reset !== null) resetEvidence(k, add);
  for (const i of k.c.icmp.slice(0, 3))
    add(
      i.packet,
      i.atUs,
      `ICMP error type ${i.type} code ${i.code} quotes a segment of the ${i.quotes === 0 ? 'client' : 'server'}`,
    );
  for (const end of [k.client, k.server]) silenceEvidence(k, end, add);
  if (k.server.segments === 0 && k.client.syns > 0) {
    add(k.client.synPacket, k.client.synAtUs, 'SYN, never answered');
    if (k.client.syns > 1)
      add(k.client.lastSynPacket, k.client.lastSynAtUs, `the SYN for the ${ordinal(k.client.syns)} time`);
  }
}

function finEvidence(k: Case, end: End, add: AddEvidence): void {
  if (end.fins === 0) return;
  const name = nameOf(k, end);
  const first = k.closer === end ? 'first FIN' : 'FIN';
  add(
    end.finPacket,
    end.finAtUs,
    `${first} of the ${name}${end.idleBeforeFinUs > 500_000 ? ` after ${formatDuration(end.idleBeforeFinUs)} of silence` : ''}`,
  );
  if (end.fins > 1)
    add(end.finLastPacket, end.finLastAtUs, `the ${name} sends its FIN for the ${ordinal(end.fins)} time`);
  if (end.finAckedAtUs >= 0) add(end.finAckedPacket, end.finAckedAtUs, `acknowledges the ${name}'s FIN`);
}

function resetEvidence(k: Case, add: AddEvidence): void {
  const { record: r, form, foreign, accepted } = k.reset!;
  const who = r.from === 0 ? 'client' : 'server';
  const parts = [
    foreign === null ? `RST of the ${who}, form ${form}` : `RST in the ${who}'s name, but ${foreign}`,
  ];
  if (form === 'A') parts.push(`sequence number is its SND.NXT, window ${r.window}`);
  if (form === 'B') parts.push(`no ACK flag, window ${r.window}`);
  if (!accepted) parts.push('its number is not the one expected, so it does not count');
  if (r.trigger !== null && k.reset!.answers) {
    add(
      r.trigger.packet,
      r.trigger.atUs,
      `the segment that the RST answers${r.trigger.length > 0 ? ` (${formatBytes(r.trigger.length)} of payload)` : ''}`,
    );
    parts.push(`${formatDuration(r.atUs - r.trigger.atUs)} after packet ${r.trigger.packet}`);
  }
  if (r.senderUnread > 0 && form === 'A')
    parts.push(`${formatBytes(r.senderUnread)} received since it last sent anything`);
  add(r.packet, r.atUs, parts.join('; '));
}

function silenceEvidence(k: Case, end: End, add: AddEvidence): void {
  if (k.o.closeKind !== 'timeout') return;
  const name = nameOf(k, end);
  if (end.retryRun > 0)
    add(
      end.retryFirstPacket,
      end.retryFirstAtUs,
      `first of ${end.retryRun} retransmissions by the ${name} that nothing answers`,
    );
  if (end.keepaliveRun > 0)
    add(
      end.keepaliveFirstPacket,
      end.keepaliveFirstAtUs,
      `first of ${end.keepaliveRun} keepalive probes by the ${name} that nothing answers`,
    );
  if (end.windowProbes > 0)
    add(
      end.windowProbeLastPacket,
      end.windowProbeLastAtUs,
      `last of ${end.windowProbes} zero-window probes by the ${name}`,
    );
}
