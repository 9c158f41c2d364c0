import { CaptureError } from '../../src/capture/index.ts';
import { CAUSES } from '../../src/explain/causes/index.ts';
import type { ConnectionEnding } from '../../src/explain/types.ts';
import { Analysis, PeerError } from './analysis.ts';
import type {
  CallMessage,
  CallName,
  Calls,
  CauseEntry,
  Opened,
  ReplyMessage,
  WholeLadder,
} from './protocol.ts';
import type { Places } from './read.ts';
import { buffersOf } from './rows.ts';

type Handlers = {
  readonly [K in keyof Calls]: (
    ...args: Parameters<Calls[K]>
  ) => ReturnType<Calls[K]> | Promise<ReturnType<Calls[K]>>;
};

let analysis: Analysis | null = null;

/** What a first look does not need is loaded when it is first asked for: the lab brings the whole TCP with it. */
const lab = (): Promise<typeof import('./lab.ts')> => import('./lab.ts');
const packets = (): Promise<typeof import('./packets.ts')> => import('./packets.ts');

const handlers: Handlers = {
  catalogue: () => CAUSES.map(entryOf),
  open: async (request) => {
    analysis?.cancel();
    const opened = new Analysis(request, (progress) => reply({ progress }));
    analysis = opened;
    return opened.open();
  },
  cancel: () => analysis?.cancel(),
  query: (query) => analysis?.query(query) ?? { order: new Uint32Array(0), groups: [] },
  connection: (flow) => analysis?.connection(flow) ?? null,
  ladder: async (flow) => ofConnection<WholeLadder>(flow, (await packets()).wholeLadder),
  extract: async (flow) => ofConnection<Uint8Array>(flow, (await packets()).extract),
  pressure: () => analysis?.pressure() ?? null,
  levels: (server) => analysis?.levels(server) ?? null,
  scenarios: async () => (await lab()).scenarios(),
  labRun: async (request) => (await lab()).labRun(request),
  labAt: async (request, atUs) => (await lab()).labAt(request, atUs),
  labCapture: async (request) => (await lab()).labCapture(request),
  provokes: async (cause) => (await lab()).provokes(cause),
  diagram: async (profile) => (await import('./diagram.ts')).diagram(profile),
};

async function ofConnection<T>(flow: number, make: MakeOf<T>): Promise<T | null> {
  const current = analysis;
  const ending = (await current?.connection(flow)) ?? null;
  return current === null || ending === null ? null : make(current.capture, current.places, ending);
}

type MakeOf<T> = (capture: Blob, places: Places | null, ending: ConnectionEnding) => Promise<T>;

/** Causes carry functions too, which cannot be sent. */
function entryOf({
  id,
  group,
  severity,
  title,
  summary,
  recognise,
  remedy,
  wouldSettle,
  references,
  scenario,
}: CauseEntry): CauseEntry {
  return { id, group, severity, title, summary, recognise, remedy, wouldSettle, references, scenario };
}

function reply(message: ReplyMessage, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

/** What of a result changes its thread without being copied. */
function transferOf(call: CallName, result: unknown): Transferable[] {
  if (call === 'open') return buffersOf((result as Opened).columns);
  const raw = call === 'ladder' ? (result as WholeLadder | null)?.raw : undefined;
  return raw === undefined ? [] : [raw.packets.buffer as ArrayBuffer, raw.values.buffer as ArrayBuffer];
}

async function answer({ id, call, args }: CallMessage): Promise<void> {
  try {
    const handler = handlers[call] as (...args: readonly unknown[]) => unknown;
    const result = await handler(...args);
    reply({ id, result }, transferOf(call, result));
  } catch (error) {
    const code = error instanceof CaptureError ? error.code : error instanceof PeerError ? 'PEER' : null;
    reply({ id, failure: error instanceof Error ? error.message : String(error), code });
  }
}

addEventListener('message', (event: MessageEvent<CallMessage>) => void answer(event.data));
