import type { Packet } from '../../src/capture/index.ts';
import type {
  CatalogueEntry,
  EndedConnection,
  Engine,
  EngineOptions,
  Severity,
} from '../../src/cli/engine.ts';
import type { ExitCode } from '../../src/cli/errors.ts';
import { endpointText } from '../../src/cli/format.ts';
import { type Parts, run } from '../../src/cli/main.ts';
import type { TextOutput } from '../../src/cli/output.ts';
import type { CloseKind, ConnectionEnding, Ending, InputProblem, Summary } from '../../src/explain/types.ts';

/** Keeps what is written. */
export class MemoryOutput implements TextOutput {
  readonly isTty: boolean = false;
  readonly columns: number | null = null;
  text: string = '';

  write(text: string): void {
    this.text += text;
  }

  flush(): void {}
}

function cause(
  id: string,
  group: CatalogueEntry['group'],
  title: string,
  severity: Severity,
): CatalogueEntry {
  return {
    id,
    group,
    title,
    severity,
    summary: `What happens: ${title}.`,
    recognise: 'By its packets.',
    remedy: 'Change it.',
    wouldSettle: ['A capture at the other end'],
    references: ['RFC 9293 3.6'],
    scenario: null,
  };
}

export const TEST_CAUSES: readonly CatalogueEntry[] = [
  cause('fin-client-first', 'orderly', 'the client closed first', 'ok'),
  cause('linger0-abort', 'app-abort', 'closed with SO_LINGER 0', 'error'),
  cause('close-with-unread-data', 'app-abort', 'closed with unread data', 'error'),
  cause('port-closed', 'connect', 'nothing listens on that port', 'warning'),
  cause('last-ack-lost', 'time-wait', 'the last ACK was lost', 'note'),
];

/** What the engine hands over for a connection with this ending. */
export function ended(e: ConnectionEnding): EndedConnection {
  return {
    flow: e.flow,
    causeId: e.verdict.cause,
    closeKind: e.closeKind,
    firstCloser: e.firstCloser,
    rstSender: e.rstSender,
    confidence: e.verdict.confidence,
    clientAddress: e.client.address,
    serverEndpoint: endpointText(e.server),
    report: () => e,
  };
}

/** Gives out prepared endings at the end of the input, and counts what it was given. */
class PreparedEngine implements Engine {
  private readonly options: EngineOptions;
  private readonly endings: readonly Ending[];
  private readonly problems: InputProblem[] = [];
  private readonly numbers: number[] = [];
  private partial: boolean = false;

  constructor(options: EngineOptions, endings: readonly Ending[]) {
    this.options = options;
    this.endings = endings;
  }

  packet(packet: Packet): void {
    this.numbers.push(packet.number);
  }

  problem(problem: InputProblem): void {
    this.problems.push(problem);
  }

  finish(partial: boolean): void {
    this.partial = partial;
    for (const ending of this.endings) {
      if (ending.type === 'connection') this.options.onConnection(ended(ending));
      else this.options.onFinding(ending);
    }
  }

  summary(): Summary {
    const connections = this.endings.filter((e): e is ConnectionEnding => e.type === 'connection');
    const closeKinds: Partial<Record<CloseKind, number>> = {};
    const causes = new Map<string, number>();
    for (const { closeKind, verdict } of connections) {
      const id = verdict.cause ?? 'undetermined';
      closeKinds[closeKind] = (closeKinds[closeKind] ?? 0) + 1;
      causes.set(id, (causes.get(id) ?? 0) + 1);
    }
    return {
      type: 'summary',
      packets: this.numbers.length,
      bytes: 60 * this.numbers.length,
      tcpPackets: this.numbers.at(-1) ?? 0,
      connections: connections.length,
      start: 1_700_000_000,
      end: 1_700_000_005,
      closeKinds,
      causes: [...causes].map(([id, n]) => ({ cause: id, connections: n })),
      problems: this.problems,
      partial: this.partial,
    };
  }
}

export interface CliResult {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process with prepared endings in place of the engine's. */
export async function runCli(
  argv: readonly string[],
  endings: readonly Ending[] = [],
  signal: AbortSignal = new AbortController().signal,
): Promise<CliResult> {
  const out = new MemoryOutput();
  const err = new MemoryOutput();
  const parts: Parts = {
    causes: TEST_CAUSES,
    createEngine: async (options) => new PreparedEngine(options, endings),
  };
  const io = { out, err, stdinIsTty: true, env: { LANG: 'C.UTF-8' }, signal };
  const code = await run(argv, io, async () => parts);
  return { code, out: out.text, err: err.text };
}

/** A pcap file with `packets` Ethernet frames of zeros. */
export function pcapFile(packets: number): Uint8Array {
  const bytes = new Uint8Array(24 + packets * 76);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [
    [0, 0xa1b2c3d4],
    [16, 65535],
    [20, 1],
  ] as const) {
    view.setUint32(at, value, true);
  }
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  for (let i = 0; i < packets; i++) {
    const at = 24 + i * 76;
    view.setUint32(at, 1_700_000_000 + i, true);
    view.setUint32(at + 8, 60, true);
    view.setUint32(at + 12, 60, true);
  }
  return bytes;
}
