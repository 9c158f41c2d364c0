import type { Socket } from '../../host/index.ts';

/** What packetdrill knows of a connection: it follows one at a time, the one of the last socket or SYN. */
export const Stage = {
  fresh: 0,
  listening: 1,
  arrived: 2,
  synAckSent: 3,
  synAckAcked: 4,
  connecting: 5,
  synSent: 6,
  synAcked: 7,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/**
 * A connection as the script sees it, and how the script's numbers become live ones: sequence numbers of segments with SYN are
 * absolute, all others count from the SYN's; ports and timestamps are whatever they are on the wire.
 */
export class Flow {
  stage: Stage = Stage.fresh;
  socket: Socket | null = null;
  /** Live ports; 0: not known yet. */
  localPort: number = 0;
  remotePort: number = 0;
  scriptLocalIsn: number = 0;
  liveLocalIsn: number = 0;
  remoteIsn: number = 0;
  /** Timestamps of our segments: the script's value and the live one that stood for it. */
  readonly timestamps: Map<number, number> = new Map();
  hasTimestamp: boolean = false;
  firstScriptTimestamp: number = 0;
  firstLiveTimestamp: number = 0;
  /** connect with AF_UNSPEC ended it: the socket begins another one. */
  isOver: boolean = false;
  /** The first SYN of an active open was seen. */
  synSeen: boolean = false;
  /** Flow labels of IPv6: the script's and the live one that stands for it. */
  scriptLabel: number = 0;
  liveLabel: number = 0;

  /** What is added to the script's number to get the live one. */
  remoteOffset(isSyn: boolean): number {
    return isSyn ? 0 : this.remoteIsn;
  }

  localOffset(isSyn: boolean): number {
    return isSyn ? (this.liveLocalIsn - this.scriptLocalIsn) | 0 : this.liveLocalIsn;
  }

  /** A timestamp that we sent, as the script would write it. */
  scriptTimestamp(live: number): number {
    return this.hasTimestamp ? (this.firstScriptTimestamp + (live - this.firstLiveTimestamp)) | 0 : live;
  }

  noteTimestamp(script: number, live: number): void {
    this.timestamps.set(script | 0, live);
    if (this.hasTimestamp) return;
    this.hasTimestamp = true;
    this.firstScriptTimestamp = script | 0;
    this.firstLiveTimestamp = live;
  }
}
