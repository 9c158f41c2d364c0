import { STATE_NAMES, type State } from '../states/index.ts';
import type { Tcb } from '../tcp/tcb.ts';
import type { Host } from './host.ts';
import type { TcpInfo } from './options.ts';

/** TCP_INFO. `state` is the socket's: a control block that is gone is CLOSED to it. */
export function tcpInfo(host: Host, tcb: Tcb | null, state: State): TcpInfo {
  if (tcb === null) return { ...EMPTY, state, stateName: STATE_NAMES[state]! };
  const unacked = (tcb.sndNxt - tcb.sndUna) | 0;
  return {
    state,
    stateName: STATE_NAMES[state]!,
    retransmits: tcb.backoff,
    probes: tcb.probesOut,
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
    sndMss: tcb.sndMss,
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
  };
}

const EMPTY: TcpInfo = {
  state: 0,
  stateName: 'CLOSED',
  retransmits: 0,
  probes: 0,
  backoff: 0,
  options: { timestamps: false, sack: false, windowScale: false, ecn: false },
  sndWscale: 0,
  rcvWscale: 0,
  rto: 0,
  sndMss: 0,
  rcvMss: 0,
  advmss: 0,
  pmtu: 0,
  unacked: 0,
  sacked: 0,
  lost: 0,
  retrans: 0,
  lastDataSent: 0,
  lastDataRecv: 0,
  rtt: 0,
  rttvar: 0,
  minRtt: 0,
  sndSsthresh: 0,
  sndCwnd: 0,
  sndWnd: 0,
  notsentBytes: 0,
};
