/** One state an end was in; `at` is the time of the packet that brought it there. */
export interface StateEntry {
  state: number;
  atUs: number;
  packet: number;
}

/** Entries of connections that are over, for the next ones: they outlive the young generation (measured). */
const spare: StateEntry[] = [];

export function stateEntry(state: number, atUs: number, packet: number): StateEntry {
  const entry = spare.pop();
  if (entry === undefined) return { state, atUs, packet };
  entry.state = state;
  entry.atUs = atUs;
  entry.packet = packet;
  return entry;
}

export function clearHistory(history: StateEntry[]): void {
  for (const entry of history) spare.push(entry);
  history.length = 0;
}

/** What is known of a RST when it passes; only RSTs allocate. */
export interface ResetRecord {
  readonly packet: number;
  readonly atUs: number;
  /** 0: it claims to come from the client, 1: from the server. */
  readonly from: 0 | 1;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly hopLimit: number;
  readonly identification: number;
  readonly length: number;
  /** SEG.SEQ minus the highest sequence number the claimed sender was seen to have sent. */
  readonly seqAfterSent: number;
  /** SEG.SEQ minus the highest acknowledgement the receiver was seen to have sent (its RCV.NXT), or null if none. */
  readonly seqAfterAcked: number | null;
  /** The receiver's last segment before it, which it may answer. */
  readonly trigger: TriggerRecord | null;
  /** The claimed sender's state just before. */
  readonly senderState: number;
  readonly receiverState: number;
  /** Silence on the connection just before it. */
  readonly idleUs: number;
  /** Bytes the sender had received since it last sent any: perhaps unread. */
  readonly senderUnread: number;
  /** Raw window of the sender's last segment before it. */
  readonly senderWindow: number;
  /** Bytes of the sender that were not acknowledged. */
  readonly senderUnacked: number;
  /** Keepalive probes of the sender that nothing had answered by then. */
  readonly senderProbes: number;
  /** Time since the sender's and the receiver's last segment; -1 where there was none. */
  readonly sinceSenderUs: number;
  readonly sinceReceiverUs: number;
}

export interface TriggerRecord {
  readonly packet: number;
  readonly atUs: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
}

export interface IcmpRecord {
  readonly packet: number;
  readonly atUs: number;
  readonly family: number;
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
  readonly hopLimit: number;
  /** 0: it quotes a segment of the client, 1: of the server. */
  readonly quotes: 0 | 1;
  /** True where the ICMP error came from the address that the quoted segment was sent to. */
  readonly fromTarget: boolean;
  readonly source: Int32Array;
}

/** What is kept of an incarnation when its four-tuple is used again. */
export interface PreviousIncarnation {
  readonly flow: number;
  readonly endedUs: number;
  readonly clientState: number;
  readonly serverState: number;
  readonly clientSndMax: number;
  readonly closedAtUs: number;
}
