/** A TCP packet as a script writes it, in the script's numbers. Null: not looked at. */
export interface ScriptPacket {
  readonly flags: number;
  /** The three ECN bits of the header stand as one number (AccECN's ACE). */
  readonly seq: number | null;
  /** The sequence number is the live one. */
  readonly absoluteSeq: boolean;
  readonly payloadLength: number;
  readonly payload: Uint8Array | null;
  readonly ack: number;
  readonly window: number | null;
  readonly urgentPointer: number;
  readonly options: readonly ScriptOption[] | null;
  readonly ip: ScriptIp;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Damage that the script asks for. */
  readonly badChecksum: boolean;
}

/** Option bytes; timestamps and SACK edges are in the script's numbers. */
export interface ScriptOption {
  readonly kind: number;
  readonly data: Uint8Array;
  /** Timestamps: whether value and echo are to be compared or mapped. */
  readonly anyValue?: boolean;
  readonly anyEcho?: boolean;
  readonly absoluteEcho?: boolean;
}

export interface ScriptIp {
  /** `tos`: the whole octet; `dscp`, `ecn`: a part; `ect`: either of the two ECT code points. Null: not looked at. */
  readonly tos: number | null;
  readonly tosMask: number;
  readonly ect: boolean;
  readonly hopLimit: number | null;
  readonly flowLabel: number;
}
