import type { StateName } from '../states/names.ts';

/** The public shapes of `explain`: what the library yields and what `--ndjson` prints (extend, never rename). */

export type { StateName };

export type End = 'client' | 'server';

export type CloseKind =
  | 'fin'
  | 'rst'
  | 'fin-then-rst'
  | 'refused'
  | 'refused-icmp'
  | 'connect-timeout'
  | 'abort-connect'
  | 'timeout'
  | 'half-closed'
  | 'open';

/** How an orderly close went, where `closeKind` alone does not say. */
export type CloseForm = 'four-segments' | 'three-segments' | 'simultaneous' | 'half-close' | null;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A state and when it began, in seconds since the epoch. */
export interface StateStep {
  readonly state: StateName;
  readonly at: number;
}

/** One packet that the verdict stands on. */
export interface Evidence {
  readonly packet: number;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly shows: string;
  /** `peer`: seen in the other capture only; `packet` is then this capture's packet nearest in time. */
  readonly capture?: 'peer';
}

export interface Verdict {
  /** Cause id of the catalogue, or null where nothing can be told. */
  readonly cause: string | null;
  /** 0..1: how much of the weight of all fitting causes the first one has. */
  readonly confidence: number;
  /** Other causes that the evidence does not exclude, likeliest first. */
  readonly alternatives: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly remedy: string;
  /** What would tell the cause from its alternatives; empty where nothing is open. */
  readonly wouldSettle: readonly string[];
  /** The story in two or three sentences with real numbers. */
  readonly story: string;
  /** Why there is no verdict, where `cause` is null. */
  readonly reason: string | null;
}

/** What one end did and what was seen of it. Times are seconds, sizes are bytes. */
export interface EndReport {
  readonly segments: number;
  readonly syns: number;
  /** Payload bytes sent, each counted once. */
  readonly bytes: number;
  readonly bytesAcked: number;
  readonly retransmissions: number;
  readonly retransmittedBytes: number;
  readonly outOfOrder: number;
  readonly duplicateAcks: number;
  readonly zeroWindows: number;
  readonly zeroWindowSeconds: number;
  readonly keepaliveProbes: number;
  readonly fins: number;
  readonly resets: number;
  /** Seconds spent in these states; null where the end never was in it. */
  readonly closeWaitSeconds: number | null;
  readonly finWait2Seconds: number | null;
  readonly options: {
    readonly mss: number | null;
    readonly windowScale: number | null;
    readonly sackPermitted: boolean;
    readonly timestamps: boolean;
    readonly fastOpen: boolean;
    readonly mptcp: boolean;
  } | null;
  /** TTL / hop limit of its ordinary packets as captured, the likely initial value, and the hops between. */
  readonly hopLimit: number | null;
  readonly initialHopLimit: number | null;
  /** What its application got, in Linux's error names, where the wire tells it (`ECONNRESET`, `ECONNREFUSED`, `ETIMEDOUT`, `EPIPE`, `EOF` ...). */
  readonly applicationSees: string | null;
}

/** One arrow of the ladder. `seq` and `ack` are relative to the sender's and receiver's initial sequence numbers. */
export interface LadderStep {
  readonly packet: number;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly from: End | 'middlebox';
  /** `SYN`, `FIN, ACK`, `RST`, `PSH, ACK`, or `ICMP host unreachable` ... */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number | null;
  readonly length: number;
  readonly window: number;
  /** Short marks: `retransmission`, `keepalive probe`, `zero window`, `form B`, `lost` ... */
  readonly notes: readonly string[];
  /** Both ends' states after this packet, as far as they can be told; the likeliest where that is open. */
  readonly clientState: string;
  readonly serverState: string;
  /** True where the verdict stands on this packet. */
  readonly decisive: boolean;
  /** Packets left out of the ladder just before this one. */
  readonly skipped: number;
}

export interface ConnectionEnding {
  readonly type: 'connection';
  /** Counted from 1 in the order of first packets. */
  readonly flow: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** First and last packet: seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly packets: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
  /** How it opened: `none` where the capture began later. */
  readonly opening: 'handshake' | 'simultaneous' | 'unanswered' | 'half' | 'none';
  readonly firstCloser: End | 'both' | null;
  readonly closeKind: CloseKind;
  readonly closeForm: CloseForm;
  readonly rstSender: End | 'middlebox' | null;
  /** `A`, `B`, `C` as in the catalogue's table of RST forms, or null without RST. */
  readonly rstForm: 'A' | 'B' | 'C' | 'other' | null;
  readonly timeWait: End | 'both' | null;
  /** When TIME-WAIT ends (2MSL = 60 s unless set otherwise), seconds since the epoch. */
  readonly timeWaitUntil: number | null;
  readonly states: { readonly client: readonly StateStep[]; readonly server: readonly StateStep[] };
  readonly ends: { readonly client: EndReport; readonly server: EndReport };
  /** Smallest round trip seen, seconds, or null. */
  readonly rtt: number | null;
  /** Longest silence between two packets of the connection, seconds. */
  readonly longestIdle: number;
  /** Where along the path the capture seems to have been taken. */
  readonly capturedAt: End | 'between' | null;
  /** Other things worth telling: `last ACK lost`, `retransmitted FIN`, `duplicates`, `capture lost packets` ... */
  readonly notes: readonly string[];
  readonly verdict: Verdict;
  readonly ladder: readonly LadderStep[];
  /** With `--peer`: what was lost between the two captures. */
  readonly peer?: PeerComparison;
}

export interface PeerComparison {
  /** Seconds to add to the peer capture's clock. */
  readonly clockOffset: number;
  /** Packets that both captures have. */
  readonly matched: number;
  /** Sent at this side and not seen at the other one: this capture's packet numbers. */
  readonly lostToPeer: readonly number[];
  /** Sent at the other side and not seen here: the other capture's packet numbers. */
  readonly lostFromPeer: readonly number[];
  /** Seen here in the other end's name, while the capture at that end does not have them. */
  readonly strangeHere: readonly number[];
  /** The same at the other side: the other capture's packet numbers. */
  readonly strangeAtPeer: readonly number[];
  /** The end that this capture is nearer to than the other one; without it, all that differs counts as lost. */
  readonly takenAt: End | null;
  /** Addresses or ports differ between the captures. */
  readonly translated: boolean;
  /** Part of the flow reached the other capture under other ports than the rest. */
  readonly remapped: boolean;
  /** False where the other capture ran and has nothing of the connection. */
  readonly seenByPeer: boolean;
}

/** A verdict about several connections. */
export interface Finding {
  readonly type: 'finding';
  readonly cause: string;
  readonly alternatives: readonly string[];
  readonly confidence: number;
  /** Flow numbers, at most 1,000 of them; `count` has the whole number. */
  readonly connections: readonly number[];
  readonly count: number;
  readonly story: string;
  readonly remedy: string;
  readonly wouldSettle: readonly string[];
}

export interface Summary {
  readonly type: 'summary';
  readonly packets: number;
  readonly bytes: number;
  readonly tcpPackets: number;
  readonly connections: number;
  readonly start: number | null;
  readonly end: number | null;
  readonly closeKinds: Readonly<Partial<Record<CloseKind, number>>>;
  /** Connections per first cause (`undetermined` for none; those open at the end without one are left out), most important first. */
  readonly causes: readonly { readonly cause: string; readonly connections: number }[];
  readonly problems: readonly InputProblem[];
  /** True where the input was not read to its end (Ctrl-C, damage). */
  readonly partial: boolean;
}

/** Something wrong with the input; what was read before is kept. */
export interface InputProblem {
  readonly type: 'problem';
  readonly code: string;
  readonly message: string;
  readonly file: string | null;
  /** Byte offset in the (decompressed) input. */
  readonly offset: number | null;
  readonly packet: number | null;
}

export type Ending = ConnectionEnding | Finding;
