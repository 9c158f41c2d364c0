import type { Value } from '../calls/value.ts';
import type { Code } from '../python/code.ts';
import type { ScriptIp, ScriptPacket } from './expected.ts';

/** When a line is to happen, as it stands there. */
export interface StepTime {
  readonly kind: 'any' | 'absolute' | 'relative';
  readonly us: number;
  /** The end of `a~b`; null for a point in time. */
  readonly endUs: number | null;
}

/** The place of a line, and the line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

interface StepBase extends Place {
  readonly time: StepTime;
}

export interface PacketStep extends StepBase {
  readonly kind: 'inbound' | 'outbound';
  readonly packet: ScriptPacket;
}

/** An ICMP error about a segment that the host sent, whose first 8 octets it quotes. */
export interface IcmpStep extends StepBase {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
  readonly seq: number;
  readonly payloadLength: number;
  readonly ip: ScriptIp;
}

export interface CallStep extends StepBase {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Value[];
  /** Null: any. */
  readonly result: number | null;
  readonly errno: string | null;
  /** `a...b`: the call waits until then, counted as `time` is. */
  readonly returnsUs: number | null;
}

export interface CommandStep extends StepBase {
  readonly kind: 'command';
  readonly command: string;
}

export interface CodeStep extends StepBase {
  readonly kind: 'code';
  readonly code: Code;
}

export type Step = PacketStep | IcmpStep | CallStep | CommandStep | CodeStep;
