import { STATE_NAMES, type State } from '../states/index.ts';
import { TIMESTAMPS_BYTES } from '../tcp/options-out.ts';
import { Tcb } from '../tcp/tcb.ts';
import { unansweredProbes } from '../tcp/timers-give-up.ts';
import type { Host } from './host.ts';
import type { TcpInfo } from './options.ts';

/**
 * TCP_INFO. `state` is the socket's: a control block that is gone is CLOSED to it. A socket that is closed has what a new one would
 * have.
 */
export function tcpInfo(host: Host, owned: Tcb | null, state: State): TcpInfo {
  const tcb = owned ?? new Tcb(host.config);
  const unacked = (tcb.sndNxt - tcb.sndUna) | 0;
  return {
    state,
    stateName: STATE_NAMES[state]!,
    retransmits: tcb.backoff,
    probes: unansweredProbes(tcb),
    backoff: tcb.backoff,
    options: {
      timestamps: tcb.timestampsOk,
      sack: tcb.sackOk,
      windowScale: tcb.scalingOk,
      ecn: tcb.ecnOk,
    },
    sndWscale: tcb.sndScale,
    rcvWscale: tcb.rcvScale,
    rto: tcb.rtoUs,
    sndMss: tcb.sndMss - (tcb.timestampsOk ? TIMESTAMPS_BYTES : 0),
    rcvMss: tcb.rcvMss,
    advmss: tcb.advMss,
    pmtu: tcb.pathMtu,
    unacked,
    sacked: tcb.sent.sackedBytes,
    lost: tcb.sent.lostBytes,
    retrans: tcb.sent.retransBytes,
    lastDataSent: host.now - tcb.lastSentAt,
    lastDataRecv: host.now - tcb.lastDataAt,
    rtt: Math.round(tcb.srttUs),
    rttvar: Math.round(tcb.rttvarUs),
    minRtt: Number.isFinite(tcb.minRttUs) ? tcb.minRttUs : 0,
    sndSsthresh: tcb.ssthresh,
    sndCwnd: tcb.cwnd,
    sndWnd: tcb.sndWnd,
    notsentBytes: Math.max(0, tcb.send.length - unacked),
    caState: tcb.recovery,
    reordering: tcb.reordering,
  };
}
