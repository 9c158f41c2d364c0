import type { TcpConfig } from '../../host/index.ts';

type Changes = Partial<TcpConfig>;
/** What a sysctl's value means here; null: it has no such value. */
export type Sysctl = (value: string) => Changes | null;

const SECOND = 1_000_000;

export function numbersOf(text: string): number[] | null {
  const parts = text.trim().split(/[\s,]+/);
  return parts.every((part) => /^-?(0[xX][\da-fA-F]+|\d+)$/.test(part)) ? parts.map(Number) : null;
}

/** A sysctl with one number. */
export function number(change: (value: number) => Changes): Sysctl {
  return (text) => {
    const values = numbersOf(text);
    return values?.length === 1 ? change(values[0]!) : null;
  };
}

/** A sysctl with one number, not below `least`: a timer of no length would never let time pass. */
export function atLeast(least: number, change: (value: number) => Changes): Sysctl {
  return (text) => {
    const values = numbersOf(text);
    return values?.length === 1 && values[0]! >= least ? change(values[0]!) : null;
  };
}

/** On or off. */
export function flag(change: (on: boolean) => Changes): Sysctl {
  return number((value) => change(value !== 0));
}

/** It changes nothing that shows here. */
export const inert: Sysctl = () => ({});

/** Least, default and largest size. */
function sizes(change: (initial: number, largest: number) => Changes): Sysctl {
  return (text) => {
    const values = numbersOf(text);
    return values?.length === 3 ? change(values[1]!, values[2]!) : null;
  };
}

/** net.ipv4.* of Linux. */
export const LINUX_SYSCTLS: Readonly<Record<string, Sysctl>> = {
  tcp_rmem: sizes((receiveBufferBytes, maxReceiveBufferBytes) => ({
    receiveBufferBytes,
    maxReceiveBufferBytes,
  })),
  tcp_wmem: sizes((sendBufferBytes, maxSendBufferBytes) => ({ sendBufferBytes, maxSendBufferBytes })),
  tcp_timestamps: number((value) => ({ timestamps: value !== 0, timestampOffset: value === 1 })),
  tcp_shrink_window: flag((shrinkWindow) => ({ shrinkWindow })),
  tcp_window_scaling: flag((windowScaling) => ({ windowScaling })),
  tcp_sack: flag((sack) => ({ sack })),
  tcp_dsack: flag((dsack) => ({ dsack })),
  tcp_syn_retries: number((synRetries) => ({ synRetries })),
  tcp_syn_linear_timeouts: number((synLinearTimeouts) => ({ synLinearTimeouts })),
  tcp_synack_retries: number((synAckRetries) => ({ synAckRetries })),
  tcp_frto: flag((frto) => ({ frto })),
  tcp_reordering: number((dupThresh) => ({ dupThresh })),
  tcp_congestion_control: (value) => (value === 'cubic' || value === 'reno' ? { congestion: value } : null),
  tcp_slow_start_after_idle: flag((slowStartAfterIdle) => ({ slowStartAfterIdle })),
  tcp_early_retrans: number((value) => ({ tailLossProbe: value >= 3 })),
  tcp_recovery: number((value) => ({ rack: (value & 1) !== 0 })),
  tcp_ecn: (value) => (/^[0-5]$/.test(value) ? { ecn: Number(value) as TcpConfig['ecn'] } : null),
  tcp_ecn_fallback: flag((on) => ({ ecnSynRetries: on ? 0 : Number.POSITIVE_INFINITY })),
  tcp_ecn_option: (value) =>
    /^[0-3]$/.test(value) ? { ecnOption: Number(value) as TcpConfig['ecnOption'] } : null,
  tcp_ecn_option_beacon: number((ecnBeacon) => ({ ecnBeacon })),
  tcp_syncookies: (value) =>
    value === '0' || value === '1' || value === '2' ? { synCookies: Number(value) as 0 | 1 | 2 } : null,
  tcp_max_syn_backlog: number((maxSynBacklog) => ({ maxSynBacklog })),
  tcp_abort_on_overflow: flag((abortOnOverflow) => ({ abortOnOverflow })),
  tcp_retries1: number((retries1) => ({ retries1 })),
  tcp_retries2: number((retries2) => ({ retries2 })),
  tcp_orphan_retries: number((value) => ({ orphanRetries: value === 0 ? 8 : value })),
  tcp_fin_timeout: number((value) => ({ finWait2Us: value * SECOND })),
  tcp_keepalive_time: atLeast(1, (value) => ({ keepAliveIdleUs: value * SECOND })),
  tcp_keepalive_intvl: atLeast(1, (value) => ({ keepAliveIntervalUs: value * SECOND })),
  tcp_keepalive_probes: number((keepAliveProbes) => ({ keepAliveProbes })),
  tcp_rfc1337: flag((rfc1337) => ({ rfc1337 })),
  tcp_tw_reuse: (value) =>
    value === '0' || value === '1' || value === '2' ? { timeWaitReuse: Number(value) as 0 | 1 | 2 } : null,
  tcp_tw_reuse_delay: number((value) => ({ timeWaitReuseDelayUs: value * 1000 })),
  tcp_max_tw_buckets: number((maxTimeWait) => ({ maxTimeWait })),
  tcp_max_orphans: number((maxOrphans) => ({ maxOrphans })),
  tcp_notsent_lowat: number((value) => ({ notSentLowWater: value >= 0xffffffff ? Infinity : value })),
  tcp_base_mss: number((baseMss) => ({ baseMss })),
  tcp_mtu_probing: (value) =>
    value === '0' || value === '1' || value === '2' ? { mtuProbing: Number(value) as 0 | 1 | 2 } : null,
  ip_no_pmtu_disc: flag((on) => ({ pathMtuDiscovery: !on })),
  ip_default_ttl: number((hopLimit) => ({ hopLimit })),
  ip_local_port_range: (value) => {
    const range = numbersOf(value);
    return range?.length === 2 ? { ephemeralFrom: range[0]!, ephemeralTo: range[1]! } : null;
  },
  tcp_challenge_ack_limit: number((value) => ({
    challengeAcksPerSecond: value >= 0x7fffffff ? Number.POSITIVE_INFINITY : value,
  })),
  tcp_invalid_ratelimit: number((value) => ({ challengeAckIntervalUs: value * 1000 })),
  tcp_rto_min_us: atLeast(1, (minRtoUs) => ({ minRtoUs })),
  tcp_rto_max_ms: atLeast(1000, (value) => ({ maxRtoUs: value * 1000 })),
  // Gone from Linux, or about what is not there: FACK, TSO's sizes, pacing, Fast Open.
  tcp_fack: inert,
  tcp_tso_win_divisor: inert,
  tcp_min_tso_segs: number((minSuperSegments) => ({ minSuperSegments })),
  tcp_min_snd_mss: number((minMss) => ({ minMss })),
  tcp_tso_rtt_log: inert,
  tcp_limit_output_bytes: inert,
  tcp_pacing_ss_ratio: inert,
  tcp_pacing_ca_ratio: inert,
  tcp_fastopen: inert,
  tcp_fastopen_key: inert,
  tcp_fastopen_blackhole_timeout_sec: inert,
  tcp_no_metrics_save: inert,
  tcp_low_latency: inert,
  tcp_mem: inert,
};

/** What gtests/net/tcp/common/defaults.sh sets. */
export const LINUX_DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['tcp_rmem', `4096 540000 ${15 * 1024 * 1024}`],
  ['tcp_wmem', `4096 ${256 * 1024} 4194304`],
  ['tcp_timestamps', '1'],
  ['tcp_syn_retries', '5'],
  ['tcp_synack_retries', '5'],
  ['tcp_frto', '2'],
  ['tcp_sack', '1'],
  ['tcp_dsack', '1'],
  ['tcp_reordering', '3'],
  ['tcp_congestion_control', 'cubic'],
  ['tcp_slow_start_after_idle', '0'],
  ['tcp_early_retrans', '4'],
  ['tcp_recovery', '1'],
  ['tcp_ecn', '0'],
  ['tcp_syncookies', '1'],
  ['tcp_fastopen', '0x70403'],
  ['tcp_fastopen_key', 'a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4'],
];
