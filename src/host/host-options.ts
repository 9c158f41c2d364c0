import type { Patch } from '../states/index.ts';
import type { TcpConfig } from '../tcp/config.ts';
import type { FragmentReassembler, SegmentSum } from '../wire/index.ts';
import type { PacketPool } from './packet.ts';
import type { HostProfile } from './profiles.ts';
import type { SourceRoutes } from './source-route.ts';

export interface HostOptions {
  readonly name: string;
  /** Default `linux`. */
  readonly profile?: 'rfc' | 'linux' | HostProfile;
  /** What differs from the profile's defaults. */
  readonly config?: Partial<TcpConfig>;
  readonly patches?: readonly Patch[];
  /** Own addresses; a prefix length behind one is read over. */
  readonly addresses: readonly string[];
  /** Default 1500. */
  readonly mtu?: number;
  readonly seed: number;
  /** Largest payload of one packet handed out; 0: no larger than a segment. */
  readonly superSegmentBytes?: number;
  /** The host's packets cannot be damaged: no checksums. */
  readonly trusted?: boolean;
  readonly packets?: PacketPool;
  /** Puts IP fragments together (RFC 1122 3.3.2); without it they are dropped. */
  readonly fragments?: FragmentReassembler;
  /** IPv4 source routes; without them they are neither followed back nor asked for. */
  readonly sourceRoutes?: SourceRoutes;
  /** How checksums of segments are computed. Default `plainSum`; `longSum` is faster where there is SIMD. */
  readonly sum?: SegmentSum;
}
