import { atLeast, flag, inert, number, type Sysctl } from './sysctl-linux.ts';

const MS = 1000;

/** The one value that means what the TCP does. */
function only(value: string): Sysctl {
  return (text) => (text === value ? {} : null);
}

/** net.inet.tcp.*, net.inet.ip.* and kern.ipc.* of FreeBSD, by the name behind the last dot. */
export const FREEBSD_SYSCTLS: Readonly<Record<string, Sysctl>> = {
  'tcp.rfc1323': number((value) => ({
    windowScaling: value === 1 || value === 2,
    timestamps: value === 1 || value === 3,
  })),
  'tcp.sack.enable': flag((sack) => ({ sack })),
  'tcp.ecn.enable': (value) =>
    value === '0' || value === '1' || value === '2' ? { ecn: Number(value) as 0 | 1 | 2 } : null,
  'tcp.recvspace': number((receiveBufferBytes) => ({ receiveBufferBytes })),
  'tcp.sendspace': number((sendBufferBytes) => ({ sendBufferBytes })),
  'tcp.recvbuf_max': number((maxReceiveBufferBytes) => ({ maxReceiveBufferBytes })),
  'tcp.sendbuf_max': number((maxSendBufferBytes) => ({ maxSendBufferBytes })),
  'tcp.rexmit_initial': atLeast(1, (value) => ({ initialRtoUs: value * MS })),
  'tcp.rexmit_min': atLeast(1, (value) => ({ minRtoUs: value * MS })),
  'tcp.delacktime': number((value) => ({ delayedAckMinUs: value * MS, delayedAckMaxUs: value * MS })),
  'tcp.keepidle': atLeast(1, (value) => ({ keepAliveIdleUs: value * MS })),
  'tcp.keepintvl': atLeast(1, (value) => ({ keepAliveIntervalUs: value * MS })),
  'tcp.keepcnt': number((keepAliveProbes) => ({ keepAliveProbes })),
  'tcp.msl': number((value) => ({ mslUs: value * MS })),
  'tcp.finwait2_timeout': number((value) => ({ finWait2Us: value * MS })),
  'tcp.syncookies': flag((on) => ({ synCookies: on ? 1 : 0 })),
  'tcp.tolerate_missing_ts': flag((on) => ({ requireTimestamps: !on })),
  'tcp.mssdflt': number((defaultMss4) => ({ defaultMss4 })),
  'tcp.v6mssdflt': number((defaultMss6) => ({ defaultMss6 })),
  'tcp.minmss': number((minMss) => ({ minMss })),
  'tcp.initcwnd_segments': number((initialWindowSegments) => ({ initialWindowSegments })),
  'tcp.path_mtu_discovery': flag((pathMtuDiscovery) => ({ pathMtuDiscovery })),
  'ip.portrange.first': number((ephemeralFrom) => ({ ephemeralFrom })),
  'ip.portrange.last': number((ephemeralTo) => ({ ephemeralTo })),
  'ip.ttl': number((hopLimit) => ({ hopLimit })),
  // The host cache is empty at the start of a script; its counters and log are not there.
  'tcp.hostcache.purgenow': inert,
  'tcp.hostcache.purge': inert,
  'tcp.blackhole': only('0'),
  'tcp.rexmit_slop': number((value) => ({ rtoSlackUs: value * MS })),
  'tcp.keepinit': atLeast(1, (value) => ({ openTimeoutUs: value * MS })),
  'tcp.insecure_rst': flag((insecureReset) => ({ insecureReset })),
  'tcp.insecure_syn': flag((insecureSyn) => ({ insecureSyn })),
  'tcp.drop_synfin': flag((dropsSynFin) => ({ dropsSynFin })),
  'tcp.icmp_may_rst': flag((icmpMayReset) => ({ icmpMayReset })),
  'tcp.rexmit_drop_options': flag((on) => ({ bareSynAfter: on ? 3 : Number.POSITIVE_INFINITY })),
  'tcp.ecn.maxretries': number((ecnSynRetries) => ({ ecnSynRetries })),
  'tcp.syncookies_only': only('0'),
  'ipc.maxsockbuf': number((maxReceiveBufferBytes) => ({ maxReceiveBufferBytes })),
  'tcp.log_in_vain': inert,
};
