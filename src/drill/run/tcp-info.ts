import {
  type MoreInfo,
  moreInfo,
  Option,
  type SendingClocks,
  type Socket,
  type TcpInfo,
} from '../../host/index.ts';

/** Linux's numbers of the states (net/tcp_states.h). */
const STATES: Readonly<Record<string, number>> = {
  ESTABLISHED: 1,
  'SYN-SENT': 2,
  'SYN-RECEIVED': 3,
  'FIN-WAIT-1': 4,
  'FIN-WAIT-2': 5,
  'TIME-WAIT': 6,
  CLOSED: 7,
  'CLOSE-WAIT': 8,
  'LAST-ACK': 9,
  LISTEN: 10,
  CLOSING: 11,
};

/** What code of a script finds as variables: constants of Linux. */
export const INFO_CONSTANTS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    TCP_ESTABLISHED: 1,
    TCP_SYN_SENT: 2,
    TCP_SYN_RECV: 3,
    TCP_FIN_WAIT1: 4,
    TCP_FIN_WAIT2: 5,
    TCP_TIME_WAIT: 6,
    TCP_CLOSE: 7,
    TCP_CLOSE_WAIT: 8,
    TCP_LAST_ACK: 9,
    TCP_LISTEN: 10,
    TCP_CLOSING: 11,
    // nplab's names.
    TCPI_ESTABLISHED: 1,
    TCPI_SYN_SENT: 2,
    TCPI_SYN_RECEIVED: 3,
    TCPI_FIN_WAIT_1: 4,
    TCPI_FIN_WAIT_2: 5,
    TCPI_TIME_WAIT: 6,
    TCPI_CLOSED: 7,
    TCPI_CLOSE_WAIT: 8,
    TCPI_LAST_ACK: 9,
    TCPI_LISTEN: 10,
    TCPI_CLOSING: 11,
    TCP_CA_Open: 0,
    TCP_CA_Disorder: 1,
    TCP_CA_CWR: 2,
    TCP_CA_Recovery: 3,
    TCP_CA_Loss: 4,
    TCPI_OPT_TIMESTAMPS: 1,
    TCPI_OPT_SACK: 2,
    TCPI_OPT_WSCALE: 4,
    TCPI_OPT_ECN: 8,
    TCPI_OPT_ECN_SEEN: 16,
    TCPI_OPT_SYN_DATA: 32,
    TCPI_OPT_USEC_TS: 64,
    TCPI_OPT_TFO_CHILD: 128,
  }),
);

/** ssthresh before it was ever set (TCP_INFINITE_SSTHRESH). */
const INFINITE = 0x7fffffff;

/** The members of struct tcp_info that the TCP keeps, by their names and in Linux's units: segments and microseconds. */
export function infoVariables(socket: Socket, clocks: SendingClocks): Map<string, number> {
  const info = socket.info();
  const more = moreInfo(socket);
  const times = clocks.timesOf(socket);
  const mss = Math.max(1, info.sndMss);
  const segments = (bytes: number): number => Math.ceil(bytes / mss);
  return new Map(
    Object.entries({
      tcpi_state: STATES[info.stateName] ?? STATES.CLOSED!,
      tcpi_ca_state: info.caState,
      tcpi_reordering: info.reordering,
      tcpi_reord_seen: more.reorderSeen,
      tcpi_retransmits: info.retransmits,
      tcpi_probes: info.probes,
      tcpi_backoff: info.backoff,
      tcpi_options: optionBits(info, more),
      tcpi_snd_wscale: info.sndWscale,
      tcpi_rcv_wscale: info.rcvWscale,
      tcpi_rto: info.rto,
      tcpi_snd_mss: info.sndMss,
      tcpi_rcv_mss: info.rcvMss,
      tcpi_advmss: info.advmss,
      tcpi_pmtu: info.pmtu,
      tcpi_unacked: segments(info.unacked),
      tcpi_sacked: segments(info.sacked),
      tcpi_lost: segments(info.lost),
      tcpi_retrans: segments(info.retrans),
      tcpi_last_data_sent: Math.floor(info.lastDataSent / 1000),
      tcpi_last_data_recv: Math.floor(info.lastDataRecv / 1000),
      tcpi_rtt: info.rtt,
      tcpi_rttvar: info.rttvar,
      tcpi_min_rtt: info.minRtt,
      tcpi_snd_ssthresh: info.sndSsthresh >= INFINITE ? INFINITE : Math.floor(info.sndSsthresh / mss),
      tcpi_snd_cwnd: Math.floor(info.sndCwnd / mss),
      tcpi_snd_wnd: info.sndWnd,
      tcpi_notsent_bytes: info.notsentBytes,
      tcpi_delivered: more.delivered,
      tcpi_bytes_acked: more.bytesAcked,
      tcpi_last_ack_recv: Math.floor(more.lastAckRecv / 1000),
      tcpi_rcv_space: more.rcvSpace,
      tcpi_rcv_ssthresh: more.rcvSsthresh,
      tcpi_rcv_wnd: more.rcvWnd,
      tcpi_busy_time: times.busyUs,
      tcpi_rwnd_limited: times.windowLimitedUs,
      tcpi_sndbuf_limited: times.bufferLimitedUs,
      SK_MEMINFO_RCVBUF: socket.getOption(Option.receiveBuffer),
      SK_MEMINFO_SNDBUF: socket.getOption(Option.sendBuffer),
      tcpi_bytes_received: more.bytesReceived,
      ...ecnVariables(info, more),
    }),
  );
}

/** What RFC 9768 counts; the arrays are numbered by the ECN field: ECT(1), ECT(0), CE. */
function ecnVariables({ options }: TcpInfo, { accEcn }: MoreInfo): Record<string, number> {
  return {
    tcpi_ecn_mode: accEcn !== null ? 2 : options.ecn ? 1 : 0,
    tcpi_accecn_opt_seen: accEcn?.seen ?? 0,
    tcpi_accecn_fail_mode: accEcn?.fail ?? 0,
    tcpi_delivered_ce: accEcn?.deliveredCe ?? 0,
    tcpi_received_ce: accEcn?.receivedCe ?? 0,
    tcpi_delivered_e1_bytes: accEcn?.delivered[1] ?? 0,
    tcpi_delivered_e0_bytes: accEcn?.delivered[2] ?? 0,
    tcpi_delivered_ce_bytes: accEcn?.delivered[3] ?? 0,
    tcpi_received_e1_bytes: accEcn?.received[1] ?? 0,
    tcpi_received_e0_bytes: accEcn?.received[2] ?? 0,
    tcpi_received_ce_bytes: accEcn?.received[3] ?? 0,
  };
}

function optionBits({ options }: TcpInfo, more: MoreInfo): number {
  return (
    (more.synTextTaken ? 32 : 0) |
    (more.isFastChild ? 128 : 0) |
    (options.timestamps ? 1 : 0) |
    (options.sack ? 2 : 0) |
    (options.windowScale ? 4 : 0) |
    (options.ecn || more.accEcn !== null ? 8 : 0)
  );
}
