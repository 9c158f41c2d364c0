import type { Cause } from './cause.ts';
import { retriesEvidence } from './signs/evidence.ts';
import {
  forgotten,
  hadNoSocket,
  probedInVain,
  retriedInVain,
  senderSilence,
  strayed,
  synSenderReset,
} from './signs/resets.ts';
import { silenceWords, triggerWords } from './signs/words.ts';

const SHORTEST_OUTAGE_US = 200_000;

export const peerRestarted: Cause = {
  id: 'peer-restarted',
  group: 'peer-gone',
  severity: 'warning',
  title: 'the peer lost its state (restart): RST to the next packet',
  summary:
    'One host loses all state without a word (reboot, crash, failover to a standby), comes back, and ' +
    "answers the next packet of the old connection with RST. That side's application gets ECONNRESET.",
  recognise:
    "An RST of form B to a mid-stream segment, without any FIN before, from the host's own TTL; before " +
    'it often silence with retransmissions while the host was away, and ISN and timestamp clock begin ' +
    'anew afterwards. Without such an outage, nat-remapped and nat-idle-reset fit too; a graceful stop ' +
    'would have sent FIN.',
  remedy:
    'Reconnect and retry what is safe to retry; keepalive or a heartbeat finds the restart earlier. On ' +
    'the restarting side stop gracefully, so that FIN goes out; for failover pairs synchronise ' +
    'connection state or accept the reset. Check: uptime of host or container against the time of the ' +
    'RST.',
  wouldSettle: [
    'uptime of the host or instance that sent the RST',
    'a capture on the side that sent the RST: did the packet arrive untranslated?',
    'other connections to the same host: all reset after the same moment?',
  ],
  references: [
    'RFC 9293 section 3.5.1, figure 10 (active side causes discovery)',
    'RFC 9293 section 3.10.7.1 (CLOSED state)',
    'Linux: tcp_v4_send_reset (reason NO_SOCKET)',
  ],
  scenario: 'half-open-crash',
  kinds: ['rst', 'timeout', 'fin-then-rst'],
  fit: (k) => {
    if (retriedInVain(k) || probedInVain(k)) return 0.3;
    // The host knew the flow under the ports it had before.
    if (k.peer?.remapped) return 0.3;
    if (
      hadNoSocket(k) &&
      k.sender === k.passive &&
      k.passive!.fins === 0 &&
      k.o.established &&
      !synSenderReset(k)
    )
      return 0.8;
    if (!forgotten(k) || strayed(k) || synSenderReset(k)) return 0;
    // No host comes back so soon: it has closed, and its FIN had not left yet.
    if (senderSilence(k) < k.o.rttUs + SHORTEST_OUTAGE_US) return 0.4;
    return k.receiver!.retransmissions > 0 && senderSilence(k) > k.reset!.record.sinceReceiverUs
      ? 0.85
      : 0.75;
  },
  story: (k) =>
    `${silenceWords(k)}; the RST answers ${triggerWords(k)}, and has the form of a host without such a connection.`,
  evidence: retriesEvidence,
};
