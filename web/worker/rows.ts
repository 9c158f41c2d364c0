import type { Outline } from '../../src/explain/outline.ts';
import type {
  CloseForm,
  CloseKind,
  ConnectionEnding,
  End,
  Endpoint,
  StateName,
} from '../../src/explain/types.ts';
import type { Columns } from './protocol.ts';

/**
 * What table and filter need of a connection, flat: a hundred thousand of them are kept. Shaped as `ConnectionEnding` as far as
 * the filter's fields look at it.
 */
export class Row {
  readonly flow: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly start: number;
  readonly end: number;
  readonly packets: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
  readonly closeKind: CloseKind;
  readonly closeForm: CloseForm;
  readonly firstCloser: End | 'both' | null;
  readonly rstSender: End | 'middlebox' | null;
  readonly timeWait: End | 'both' | null;
  readonly rtt: number | null;
  readonly longestIdle: number;
  readonly cause: string | null;
  readonly confidence: number;
  private readonly alternatives: readonly string[];
  private readonly clientState: StateName | null;
  private readonly serverState: StateName | null;
  private readonly clientSees: string | null;
  private readonly serverSees: string | null;
  private readonly clientBytes: number;
  private readonly serverBytes: number;
  private readonly retransmissions: number;

  constructor(o: Outline, intern: (text: string) => string) {
    this.flow = o.flow;
    this.client = { address: intern(o.clientAddress), port: o.clientPort };
    this.server = { address: intern(o.serverAddress), port: o.serverPort };
    this.start = o.startUs / 1e6;
    this.end = o.endUs / 1e6;
    this.packets = o.packets;
    this.firstPacket = o.firstPacket;
    this.lastPacket = o.lastPacket;
    this.closeKind = o.closeKind;
    this.closeForm = o.closeForm;
    this.firstCloser = o.firstCloser;
    this.rstSender = o.rstSender;
    this.timeWait = o.timeWait;
    this.rtt = o.rtt;
    this.longestIdle = o.longestIdle;
    this.cause = o.cause;
    this.confidence = o.confidence;
    this.alternatives = o.alternatives;
    this.clientState = o.client.state;
    this.serverState = o.server.state;
    this.clientSees = o.client.applicationSees;
    this.serverSees = o.server.applicationSees;
    this.clientBytes = o.client.bytes;
    this.serverBytes = o.server.bytes;
    this.retransmissions = o.client.retransmissions + o.server.retransmissions;
  }

  /** True where a report made again says the same. */
  agrees({ closeKind, firstCloser, rstSender, timeWait, packets, verdict }: ConnectionEnding): boolean {
    return (
      closeKind === this.closeKind &&
      firstCloser === this.firstCloser &&
      rstSender === this.rstSender &&
      timeWait === this.timeWait &&
      packets === this.packets &&
      verdict.cause === this.cause &&
      verdict.confidence === this.confidence &&
      verdict.alternatives.join() === this.alternatives.join()
    );
  }

  get bytes(): number {
    return this.clientBytes + this.serverBytes;
  }

  get states(): object {
    const list = (state: StateName | null): readonly object[] => (state === null ? [] : [{ state }]);
    return { client: list(this.clientState), server: list(this.serverState) };
  }

  get ends(): object {
    return {
      client: {
        bytes: this.clientBytes,
        retransmissions: this.retransmissions,
        applicationSees: this.clientSees,
      },
      server: { bytes: this.serverBytes, retransmissions: 0, applicationSees: this.serverSees },
    };
  }

  get verdict(): object {
    return { cause: this.cause, confidence: this.confidence, alternatives: this.alternatives };
  }
}

/** Texts, each once, by number. */
class Texts {
  readonly list: string[] = [];
  private readonly numbers = new Map<string, number>();

  number(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.list.push(text) - 1;
      this.numbers.set(text, number);
    }
    return number;
  }
}

/** The rows as columns that can be handed to the page without copying. */
export function columnsOf(rows: readonly Row[]): Columns {
  const texts = new Texts();
  const count = rows.length;
  const columns = {
    count,
    strings: texts.list,
    flow: new Uint32Array(count),
    client: new Uint32Array(count),
    clientPort: new Uint16Array(count),
    server: new Uint32Array(count),
    serverPort: new Uint16Array(count),
    kind: new Uint32Array(count),
    cause: new Uint32Array(count),
    closer: new Uint32Array(count),
    packets: new Uint32Array(count),
    bytes: new Float64Array(count),
    start: new Float64Array(count),
    duration: new Float64Array(count),
    confidence: new Float32Array(count),
  };
  for (const [i, row] of rows.entries()) {
    columns.flow[i] = row.flow;
    columns.client[i] = texts.number(row.client.address);
    columns.clientPort[i] = row.client.port;
    columns.server[i] = texts.number(row.server.address);
    columns.serverPort[i] = row.server.port;
    columns.kind[i] = texts.number(row.closeKind);
    columns.cause[i] = texts.number(row.cause ?? '');
    columns.closer[i] = texts.number(row.firstCloser ?? '');
    columns.packets[i] = row.packets;
    columns.bytes[i] = row.bytes;
    columns.start[i] = row.start;
    columns.duration[i] = row.end - row.start;
    columns.confidence[i] = row.confidence;
  }
  return columns;
}

/** What of the columns can change owner. */
export function buffersOf(columns: Columns): ArrayBuffer[] {
  return Object.values(columns)
    .filter((column) => ArrayBuffer.isView(column))
    .map((column) => (column as Uint32Array).buffer as ArrayBuffer);
}
