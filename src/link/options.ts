/** RED (Floyd and Jacobson 1993) on the number of packets queued; `minPackets` equal to `maxPackets` is a plain threshold. */
export interface RedOptions {
  readonly minPackets: number;
  readonly maxPackets: number;
  /** Probability of a mark when the average is just under `maxPackets`; default 0.1. */
  readonly probability?: number;
  /** Share of the newest length in the average; default 0.002, 1: no averaging. */
  readonly weight?: number;
  /** RFC 3168: packets of ECN-capable flows are marked CE, not dropped; default true. */
  readonly ecn?: boolean;
}

/** Gilbert and Elliott's two states: probabilities are per packet. */
export interface BurstLoss {
  /** From good to bad, and back. */
  readonly enter: number;
  readonly leave: number;
  /** Loss in each state; default 0 and 1. */
  readonly good?: number;
  readonly bad?: number;
}

/** One direction of a link. What is left out does not happen. */
export interface PathOptions {
  /** Propagation; default 50. */
  readonly delayUs?: number;
  /** Up to so much more for each packet, uniformly. */
  readonly jitterUs?: number;
  /** Whether jitter leaves packets in order (default) or may let them overtake. */
  readonly keepOrder?: boolean;
  /** Bits per second of IP packets; default no limit. */
  readonly rateBps?: number;
  /** Drop-tail limits of the queue before the rate; default 1000 packets, any number of bytes. */
  readonly queuePackets?: number;
  readonly queueBytes?: number;
  /** What a full queue does to a host that sends: drop (default), or make it wait as a local interface may. */
  readonly whenFull?: 'drop' | 'wait';
  readonly red?: RedOptions | null;
  /** Probability, or bursts. */
  readonly loss?: number | BurstLoss;
  /** Probability that a packet arrives twice, the copy `duplicateAfterUs` later (default 0). */
  readonly duplicate?: number;
  readonly duplicateAfterUs?: number;
  /** Probability that a packet is held up by `reorderByUs` (default 1000) while others pass it. */
  readonly reorder?: number;
  readonly reorderByUs?: number;
  /** Probability that `corruptBits` (default 1) random bits are flipped. */
  readonly corrupt?: number;
  readonly corruptBits?: number;
  /** Largest IP packet; default no limit. Of a network of `lastack/core`, what is larger disappears. */
  readonly mtu?: number;
  /** What becomes of a larger one that must not be fragmented: an ICMP error goes back (default), or none (a black hole). */
  readonly tooBig?: 'icmp' | 'drop';
  /** Super-segments pass whole as over Linux's veth (default), or are cut up as a network card does. */
  readonly superSegments?: 'keep' | 'cut';
  /** Down: nothing passes. */
  readonly down?: boolean;
}

/** Both directions of a link; `forward` is from the first end to the second and overrides what stands beside it. */
export interface LinkOptions extends PathOptions {
  /** Default `a-b`. */
  readonly name?: string;
  readonly forward?: PathOptions;
  readonly backward?: PathOptions;
}
