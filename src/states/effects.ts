/**
 * What a row makes an end do, as bits. The live TCP executes them, the observer looks for those that show on the
 * wire.
 */
export const Effect = {
  sendSyn: 0x00000001,
  sendSynAck: 0x00000002,
  sendAck: 0x00000004,
  /** An ACK under the rate limit of RFC 5961 section 7. */
  challengeAck: 0x00000008,
  /** Text and FIN still queued go first. */
  sendFin: 0x00000010,
  /** RST of our own accord: SEG.SEQ = SND.NXT. */
  sendRst: 0x00000020,
  /** RST in answer to a segment: sequence number taken from its ACK, or 0 (RFC 9293 3.10.7.1). */
  replyRst: 0x00000040,
  sendData: 0x00000080,
  sendProbe: 0x00000100,
  /** Keep the user's data until the state allows sending. */
  queueData: 0x00000200,
  deliver: 0x00000400,

  startTimeWait: 0x00000800,
  restartTimeWait: 0x00001000,
  /** Begin the timed FIN-WAIT-2, if nobody is left to read. */
  startFinWait2: 0x00002000,
  deleteTcb: 0x00004000,
  /** Forget the old incarnation, choose an ISN above its last sequence number, go on as for a new SYN. */
  reopen: 0x00008000,
  /** From here on nobody reads: new data is data after close. */
  orphan: 0x00010000,

  signalOpen: 0x00020000,
  signalEof: 0x00040000,
  /** Our FIN is acknowledged: a waiting CLOSE may return. */
  signalClosed: 0x00080000,
  /** ECONNRESET. */
  signalReset: 0x00100000,
  /** EPIPE. */
  signalPipe: 0x00200000,
  /** ECONNREFUSED, or the error that an ICMP message stands for. */
  signalRefused: 0x00400000,
  /** ETIMEDOUT. */
  signalTimeout: 0x00800000,
  /** Calls still waiting fail: the connection ended by our own call. */
  signalAborted: 0x01000000,
  /** Passed on to the user; the connection goes on. */
  signalSoftError: 0x02000000,

  /** The call fails: the connection exists already. */
  errorExists: 0x04000000,
  /** The call fails: the connection is closing. */
  errorClosing: 0x08000000,
  /** The call fails: there is no connection. */
  errorNone: 0x10000000,
} as const;

export type EffectName = keyof typeof Effect;

/** A set of effects: `Effect` bits. */
export type EffectSet = number;

export const EFFECT_NAMES: readonly EffectName[] = /* @__PURE__ */ Object.keys(Effect) as EffectName[];

export function effectSet(names: readonly EffectName[]): EffectSet {
  let set = 0;
  for (const name of names) set |= Effect[name];
  return set;
}

export function effectNames(set: EffectSet): readonly EffectName[] {
  return EFFECT_NAMES.filter((name) => (set & Effect[name]) !== 0);
}
