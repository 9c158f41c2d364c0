/*
 * A TCP on a simulated network and nothing else, to be bundled: hosts of the profiles rfc and linux, links, taps that keep packets.
 * Boxes that translate, filter and balance, and taps that write captures, are in link/.
 */
export { Host } from './host/host.ts';
export type { HostOptions } from './host/host-options.ts';
export type { SocketRow } from './host/list.ts';
export { Message, Option, Poll, Shut, type TcpInfo } from './host/options.ts';
export { Packet, PacketPool } from './host/packet.ts';
export { type HostProfile, linuxHost, rfcHost } from './host/profiles.ts';
export { Socket } from './host/socket.ts';
export { HostNetwork } from './link/host-network.ts';
export type { LinkOptions } from './link/options.ts';
export type { PacketTap, TappedPacket } from './link/packet-tap.ts';
export type { PlainLink } from './link/plain-link.ts';
export { STATE_NAMES, State, type StateName } from './states/names.ts';
export type { TcpConfig } from './tcp/config.ts';
export type { Counters } from './tcp/counters.ts';
export { Errno, type ErrnoName, errnoName } from './tcp/errno.ts';
