import type { Cause } from './cause.ts';
import { strangeSynEvidence } from './signs/evidence.ts';
import { synSenderReset } from './signs/resets.ts';
import { between, namesOf } from './signs/words.ts';

export const closeWaitPortReused: Cause = {
  id: 'close-wait-port-reused',
  group: 'app-bug',
  severity: 'error',
  title: 'leaked CLOSE-WAIT met a new SYN from the same port',
  summary:
    "The server leaked a socket in CLOSE-WAIT; the client's FIN-WAIT-2 expired and the client connects " +
    'again from the same port. The server answers the SYN with a challenge ACK, the client with RST, ' +
    'and the SYN sent again works.',
  recognise:
    'A finished FIN exchange of one direction only, silence, then SYN from the same four-tuple, an ACK ' +
    "with the old connection's numbers instead of SYN-ACK, RST of form B from the client, SYN again " +
    'within about 10 ms, SYN-ACK. If the old connection had no FIN it is ' +
    'half-open-reconnect-same-port; an answer from TIME-WAIT is syn-older-in-time-wait.',
  remedy:
    'Close on EOF in the server (close-wait-leak); the delay of one round trip is only the symptom. If ' +
    'a firewall drops the challenge ACK or the RST, the client hangs in SYN-SENT: let them through. ' +
    'Check: CLOSE-WAIT count of the server, TCPChallengeACK no longer grows.',
  wouldSettle: [
    '`ss -tanp state close-wait` on the server',
    'TCPSYNChallenge on the server: `nstat -az TcpExtTCPSYNChallenge`',
  ],
  references: [
    'RFC 5961 section 4.2 (SYN on a live connection: challenge ACK)',
    'RFC 9293 section 3.5.1 (half-open connections)',
    'Linux: tcp_validate_incoming, tcp_send_challenge_ack, tcp_rcv_synsent_state_process',
  ],
  scenario: 'forgotten-socket',
  kinds: ['fin-then-rst', 'half-closed'],
  fit: (k) =>
    synSenderReset(k) && k.closer !== null && k.closer.finAckedAtUs >= 0 && k.passive!.fins === 0 ? 0.95 : 0,
  halfSeen: (k) => (k.client.syns > 0 && k.client.resets > 0 ? 0.38 : 0),
  story: (k) => {
    const { closer, passive } = namesOf(k);
    return `${between(k.c.strangeSynAtUs, k.closer!.finAtUs)} after its FIN the ${closer}'s port sent a new SYN; the ${passive}, still in CLOSE-WAIT, answered with an ACK of the old connection instead of SYN-ACK, and got RST.`;
  },
  evidence: strangeSynEvidence,
};
