import type { IcmpErrors } from './icmp-errors.ts';

/**
 * How a host's TCP behaves where standards leave a choice, as data. Times are microseconds, sizes bytes. One object is
 * shared by all connections of a host; what a socket option changes is copied to the control block at its creation.
 * The comment names Linux's sysctl where there is one.
 */
export interface TcpConfig {
  // Opening
  /** An active OPEN is given up after this time, whatever `synRetries` says; 0: no such limit (FreeBSD net.inet.tcp.keepinit). */
  openTimeoutUs: number;
  /** RFC 9293 3.10.1: SYN, SYN-ACK attempts after the first (tcp_syn_retries, tcp_synack_retries). */
  synRetries: number;
  synAckRetries: number;
  /** So many SYNs are sent again without backing off (tcp_syn_linear_timeouts); `synRetries` limits the time, not the number, then. */
  synLinearTimeouts: number;
  /** RFC 6298 2.1: the RTO before there is a sample. */
  initialRtoUs: number;
  /** Offered in our SYN and agreed to in a SYN-ACK: RFC 7323 (tcp_window_scaling, tcp_timestamps), RFC 2018 (tcp_sack). */
  windowScaling: boolean;
  timestamps: boolean;
  sack: boolean;
  dsack: boolean;
  /**
   * RFC 3168: 0 never, 1 ask and agree, 2 agree only when asked. With Accurate ECN (RFC 9768): 3 ask and agree, 4 agree, but ask for that of
   * RFC 3168, 5 agree only when asked (tcp_ecn).
   */
  ecn: 0 | 1 | 2 | 3 | 4 | 5;
  /** RFC 9768 3.2.3: an option with counters 0 never, 1 where something changed, 2 always, 3 whatever becomes of it (tcp_ecn_option). */
  ecnOption: 0 | 1 | 2 | 3;
  /** So many options in a round trip at least (tcp_ecn_option_beacon). */
  ecnBeacon: number;
  /** So many SYNs sent again still ask for ECN (FreeBSD net.inet.tcp.ecn.maxretries). */
  ecnSynRetries: number;
  /** Only the MSS is left from this retransmission of the SYN on (FreeBSD net.inet.tcp.rexmit_drop_options). */
  bareSynAfter: number;
  /** A SYN or SYN-ACK carries options at all (FreeBSD TCP_NOOPT). */
  offersOptions: boolean;
  /** Order of options in a SYN: `linux`: MSS, SACK-permitted, timestamps, NOP, scale; `freebsd`: MSS, NOP, scale, SACK, timestamps. */
  optionLayout: 'linux' | 'freebsd';
  /** Granularity of the timestamp clock, microseconds a tick (RFC 7323 5.4). */
  timestampTickUs: number;
  /** A random offset for each connection's timestamp clock (RFC 7323 7.1). */
  timestampOffset: boolean;
  /** RFC 7323 3.2: segments without the agreed timestamps are dropped; Linux takes them. */
  requireTimestamps: boolean;
  /** A SYN-ACK that echoes a timestamp of no SYN is answered with an RST (Linux). */
  requireEcho: boolean;
  /** RFC 9293 3.10.2: SEND before the handshake is over queues; otherwise EAGAIN, as Linux sockets that do not block. */
  sendBeforeOpen: boolean;
  /** Where SYNs cross, the SYN-ACK is our SYN once more, with all that it offered (Linux tcp_send_synack). */
  synAckRepeatsSyn: boolean;
  /** RFC 9293 3.10.7.2: data on a SYN is kept for ESTABLISHED; otherwise it has to come again, as with Linux. */
  keepSynData: boolean;
  /** Text on the SYN of a simultaneous open is kept, and acknowledged with what comes after it (FreeBSD). */
  keepSynDataUnacknowledged: boolean;
  /** After an unacceptable ACK the first SYN is sent again after this time; 0: when the RTO has passed, as RFC 9293 Figure 9 has it. */
  badAckSynUs: number;
  /** shutdown in SYN-RECEIVED: the FIN waits for ESTABLISHED (Linux tcp_shutdown); otherwise FIN-WAIT-1 begins. */
  shutdownWaits: boolean;
  /** Listeners drop a SYN-ACK; otherwise its ACK earns an RST (FreeBSD). */
  listenDropsSynAck: boolean;

  // Sending
  /** RFC 6928, in segments; 0: RFC 5681's min(4 MSS, max(2 MSS, 4380)). */
  initialWindowSegments: number;
  /** RFC 5681 3.1: so many SYNs or SYN-ACKs lost make the initial window one segment: 1; Linux 2. */
  synLossesToOneSegment: number;
  congestion: 'reno' | 'cubic';
  /** CUBIC looks at its curve so often while cwnd stays the same (Linux bictcp_update: HZ / 32); 0: with each ACK. */
  cubicUpdateUs: number;
  /** RFC 2861/5681 4.1: the window after idleness (tcp_slow_start_after_idle). */
  slowStartAfterIdle: boolean;
  /** RFC 3465 limit in segments; Infinity as Linux. */
  appropriateByteCounting: number;
  sendBufferBytes: number;
  /** SEND and poll wait while so much was never sent (tcp_notsent_lowat). */
  notSentLowWater: number;
  /** Least segments of a super-segment whose size follows the pace of sending; 0: they are as large as can be (tcp_min_tso_segs). */
  minSuperSegments: number;
  /** Size to which the send buffer may grow by itself (tcp_wmem[2]); equal to `sendBufferBytes`: fixed. */
  maxSendBufferBytes: number;
  /** RFC 6298 2.4; Linux 200 ms. */
  minRtoUs: number;
  /** The floor is that of the variance: RTO = SRTT + max(4 RTTVAR, min), as Linux has it; otherwise of the sum. */
  minRtoOnVariance: boolean;
  /** Added to what RFC 6298 2.3 computes (FreeBSD net.inet.tcp.rexmit_slop): a delayed ACK is no loss. */
  rtoSlackUs: number;
  maxRtoUs: number;
  /** RFC 9293 3.8.3: R1 asks the network layer for another way, R2 gives up (tcp_retries1, tcp_retries2): retransmissions. */
  retries1: number;
  retries2: number;
  /** Linux: a number of retries stands for the time that so many would take from the least RTO on (tcp_model_timeout). */
  retriesAsTime: boolean;
  /** The same for connections nobody owns (tcp_orphan_retries; 0 means 8). */
  orphanRetries: number;
  /** RFC 8985 (tcp_recovery), with its tail loss probe (tcp_early_retrans). Otherwise RFC 6675 with SACK, NewReno without. */
  rack: boolean;
  tailLossProbe: boolean;
  /** RFC 5682 F-RTO (tcp_frto). */
  frto: boolean;
  /** RFC 6937. */
  proportionalRateReduction: boolean;
  /** Initial duplicate ACK threshold (tcp_reordering). */
  dupThresh: number;
  /** Reordering that is seen raises it as far as this (tcp_max_reordering); the same: it is fixed. */
  maxReordering: number;
  /** What is left of the window after a loss is a share of cwnd, used or not (Linux); otherwise of FlightSize (RFC 5681 3.1). */
  reducesUnused: boolean;
  /** RFC 3042. */
  limitedTransmit: boolean;
  /** First interval of zero-window probes; 0: the current RTO. */
  persistMinUs: number;
  persistMaxUs: number;
  /** A zero-window probe carries one octet of new data (RFC 9293 3.8.6.1); otherwise none, below SND.UNA, as Linux has it. */
  probeWithOctet: boolean;
  /** What is sent again takes short segments behind it along (Linux tcp_retrans_collapse). */
  collapses: boolean;
  /**
   * How segments leave, as Linux has it: only a short segment that is not acknowledged holds the next one back (Minshall's variant of
   * Nagle's algorithm); a FIN by itself waits for room in the congestion window; PSH ends what one SEND gave, and is on super-segments, so
   * that they are not held back while they are put together again (__tcp_transmit_skb).
   */
  sendsAsLinux: boolean;

  // Receiving
  receiveBufferBytes: number;
  maxReceiveBufferBytes: number;
  /** Receive buffers are rounded up to whole segments once the MSS is known (FreeBSD tcp_mss). */
  roundReceiveBuffer: boolean;
  /** RFC 9293 3.8.6.2.2: the window grows by steps that pay; otherwise by what there is, but for less than a segment of a full buffer (FreeBSD). */
  windowSteps: boolean;
  /** What fits into the buffer lies in the window, offered or not (FreeBSD RCV.WND). */
  acceptsWholeBuffer: boolean;
  /** Share of the receive buffer that is offered as window: numerator over 256 (Linux tcp_adv_win_scale: 128). */
  windowShare: number;
  /** The largest first window offered, in segments of the MSS; 0: no such limit (Linux clamps to about 64 kB: 45 x 1460). */
  initialReceiveSegments: number;
  /** Largest delay of an ACK, and the least (Linux's adaptive 40 ms to 200 ms); equal: fixed. RFC 9293 3.8.6.3. */
  delayedAckMinUs: number;
  delayedAckMaxUs: number;
  /** The ACK of a FIN in ESTABLISHED waits for the application's own FIN to carry it, as that of text does (Linux tcp_fin). */
  delayFinAck: boolean;
  /** The first ACKs of a connection go at once (Linux quick-ACK mode): at most so many. */
  quickAcks: number;
  /** `ackEverySegments` counts segments of any size (FreeBSD). */
  countsSmallSegments: boolean;
  /** The SACK block of text before an early FIN covers the FIN. */
  sackCoversFin: boolean;
  /** Acknowledge at once every so many full segments (RFC 9293 SHLD-18: 2). */
  ackEverySegments: number;
  /** Ranges held out of order by one connection; what would be one more is dropped. */
  maxReassemblyRanges: number;
  /** POLLPRI says that the urgent octet can be read (Linux); otherwise that its pointer has come (RFC 9293 3.8.5). */
  pollsUrgentOctet: boolean;
  /**
   * What is acceptable, as Linux has it: nothing without ACK, RST and SYN, wherever it lies (tcp_rcv_established); what ends at the last
   * ACK sent or later, for its ACK, and what begins in the window and ends beyond it as a whole where nothing waits to be read, otherwise
   * not at all (tcp_sequence); no ACK older than all that was ever acknowledged (tcp_ack), but header prediction takes text before it
   * looks at the ACK.
   */
  acceptsAsLinux: boolean;
  /** A window that is not scaled opens by whole segments (Linux __tcp_select_window). */
  wholeWindows: boolean;
  /** Where memory runs short, a scaled window may be taken back (net.ipv4.tcp_shrink_window), against RFC 9293 SHLD-14. */
  shrinkWindow: boolean;
  /** The receive buffer is this many times what SO_RCVBUF asks for (Linux doubles it). */
  bufferFactor: number;

  // Keeping
  keepAliveIdleUs: number;
  keepAliveIntervalUs: number;
  keepAliveProbes: number;
  /** Garbage octet in keepalive probes for ancient peers (RFC 9293 MAY-6); Linux and FreeBSD send none. */
  keepAliveGarbage: boolean;

  // Closing
  /** RFC 9293 3.4.2: TIME-WAIT lasts 2 of them. Linux: always 60 s together. */
  mslUs: number;
  /** FIN-WAIT-2 without a reader; 0: no limit (tcp_fin_timeout, TCP_LINGER2). */
  finWait2Us: number;
  /** In TIME-WAIT nothing lies in the window but a bare segment or an RST at RCV.NXT, PAWS passed (Linux). */
  timeWaitExact: boolean;
  /** In TIME-WAIT all is answered but a bare ACK that is in order, and nothing without ACK (FreeBSD tcp_twcheck). */
  timeWaitAnswersAll: boolean;
  /** An ACK carries our FIN again while that is not acknowledged; not where RFC 5961 asks for it (FreeBSD tcp_output). */
  repeatsFin: boolean;
  /** A segment before RCV.NXT is answered, and its ACK of our FIN counts (FreeBSD). */
  takesOldAckOfFin: boolean;
  /** What answers for a port that a socket is bound to has the socket's TOS and TTL (FreeBSD). */
  answersAsSocket: boolean;
  /** An RST of our own accord offers no window (FreeBSD). */
  resetOffersNothing: boolean;
  /** After close, FIN-WAIT-2 is kept as a record that knows neither SND.UNA nor what was received (Linux tcp_time_wait). */
  finWait2Record: boolean;
  /** tcp_rfc1337. */
  rfc1337: boolean;
  /** 0 no, 1 yes, 2 for loopback only (tcp_tw_reuse). */
  timeWaitReuse: 0 | 1 | 2;
  /** A socket with a port of its own may take over a TIME-WAIT that has timestamps whatever `timeWaitReuse` says (Linux). */
  timeWaitReuseBound: boolean;
  /** The least age of a TIME-WAIT that may be reused, by its timestamp (Linux: 1 s). */
  timeWaitReuseDelayUs: number;
  maxTimeWait: number;
  maxOrphans: number;

  // Defence
  /** ICMP ends a handshake that a listener answers only where it tells of no route, or of what cannot be delivered (Linux tcp_req_err). */
  steadyRequests: boolean;
  /** SYN and FIN together are dropped (FreeBSD net.inet.tcp.drop_synfin). */
  dropsSynFin: boolean;
  /** As before RFC 5961: an RST, or a SYN, counts anywhere in the window (FreeBSD net.inet.tcp.insecure_rst, insecure_syn). */
  insecureReset: boolean;
  insecureSyn: boolean;
  /** A hard ICMP error ends SYN-SENT (FreeBSD net.inet.tcp.icmp_may_rst). */
  icmpMayReset: boolean;
  icmpErrors: IcmpErrors;
  /** FreeBSD: an ICMP error must quote something before SND.NXT, and one that ends nothing is not told by SO_ERROR (t_softerror). */
  quietIcmp: boolean;
  /** Linux: an RST also counts at RCV.NXT - 1 once the FIN was taken, and at the highest edge that we reported by SACK. */
  lenientReset: boolean;
  /** RFC 5961 7: challenge ACKs a second of the whole host, and the least time between two of one connection. */
  challengeAcksPerSecond: number;
  challengeAckIntervalUs: number;
  /** SYN cookies: 0 never, 1 when the queue is full, 2 always (tcp_syncookies). */
  synCookies: 0 | 1 | 2;
  /** SYN-RECEIVED of one listener (tcp_max_syn_backlog). */
  maxSynBacklog: number;
  /** Largest backlog of listen (somaxconn). */
  maxBacklog: number;
  /** RST where the accept queue is full (tcp_abort_on_overflow). */
  abortOnOverflow: boolean;
  /** All buffers of the host's connections together. */
  maxMemoryBytes: number;

  // Paths
  /** The default MSS a peer without the option is given (RFC 9293 MUST-15): 536 IPv4, 1220 IPv6. */
  defaultMss4: number;
  defaultMss6: number;
  minMss: number;
  /** Path MTU discovery by ICMP (DF set). */
  pathMtuDiscovery: boolean;
  /** IPv6: the MSS of a SYN that is repeated follows the path MTU told meanwhile (FreeBSD tcp_mssopt with its host cache). */
  offersPathMtu6: boolean;
  /** RFC 4821 7.2: the search begins with segments of this size at most (tcp_base_mss). */
  baseMss: number;
  /** RFC 4821: 0 off, 1 after a black hole is suspected, 2 always (tcp_mtu_probing). */
  mtuProbing: 0 | 1 | 2;
  hopLimit: number;
  /** Ephemeral ports, both inclusive (ip_local_port_range). */
  ephemeralFrom: number;
  ephemeralTo: number;
  /** Linux goes through them by parity: the last of an odd number of ports is never chosen. */
  ephemeralInPairs: boolean;
}
