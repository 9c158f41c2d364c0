import { Flag, OptionKind } from '../wire/index.ts';
import { moveEdges, packetColumns } from './run/describe.ts';
import { type LivePacket, type RawOption, rawOptions, readLive } from './run/live.ts';
import { seconds } from './run/timing.ts';

export { flagText } from './run/describe.ts';
export { readLive } from './run/live.ts';

/** Initial sequence numbers of one connection, live ones. */
interface Numbers {
  readonly name: string;
  host: number;
  peer: number;
}

/** Tells packets as a script writes them: numbers count from the SYNs that passed before. */
export class Tracer {
  readonly #connections: Map<string, Numbers> = new Map();

  line(direction: '<' | '>', bytes: Uint8Array, timeUs: number): string {
    const live = readLive(bytes, timeUs);
    if (live === null) return `${seconds(timeUs)} ${direction} icmp`;
    const numbers = this.#numbersOf(direction, live);
    noteSyn(numbers, direction, live);
    const [own, other] = direction === '>' ? [numbers.host, numbers.peer] : [numbers.peer, numbers.host];
    const columns = packetColumns(
      direction,
      live,
      (live.seq - own) >>> 0,
      (live.ack - other) >>> 0,
      rawOptions(live.optionBytes).map((option) => counted(option, other)),
    );
    const text = columns.filter((column) => column !== '').join(' ');
    const which = this.#connections.size > 1 ? `  // ${numbers.name}` : '';
    return `${seconds(timeUs)} ${text}${which}`;
  }

  #numbersOf(direction: '<' | '>', { sourcePort, destinationPort }: LivePacket): Numbers {
    const [host, peer] = direction === '>' ? [sourcePort, destinationPort] : [destinationPort, sourcePort];
    const name = `host ${host}, peer ${peer}`;
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const numbers: Numbers = { name, host: 0, peer: 0 };
    this.#connections.set(name, numbers);
    return numbers;
  }
}

function noteSyn(numbers: Numbers, direction: '<' | '>', { flags, seq }: LivePacket): void {
  if ((flags & Flag.syn) === 0) return;
  if (direction === '>') numbers.host = seq;
  else numbers.peer = seq;
}

function counted(option: RawOption, offset: number): RawOption {
  return option.kind === OptionKind.sack ? moveEdges(option, 0 - offset) : option;
}
