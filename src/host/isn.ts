import type { KeyedHash } from './keyed-hash.ts';

/** RFC 9293 3.4.1: the clock of initial sequence numbers ticks every 4 microseconds. */
const TICK_US = 4;

/** RFC 6528 3: ISN = M + F(localip, localport, remoteip, remoteport, secretkey). */
export function initialSequence(
  hash: KeyedHash,
  now: number,
  local: Int32Array,
  remote: Int32Array,
  localPort: number,
  remotePort: number,
): number {
  const clock = Math.floor(now / TICK_US) | 0;
  return (clock + hash.ofPair(local, remote, (localPort << 16) | remotePort, ISN)) | 0;
}

/** RFC 7323 5.4, 7.1: a timestamp clock that differs for each pair of hosts but goes on over their connections. */
export function timestampOffset(hash: KeyedHash, local: Int32Array, remote: Int32Array): number {
  return hash.ofPair(local, remote, 0, TIMESTAMPS);
}

/** What else one key is used for must not give the same numbers. */
const ISN = 1;
const TIMESTAMPS = 2;
