import { type Signal, signal } from '@preact/signals';
import type { CallMessage, CallName, Calls, CauseEntry, Progress, ReplyMessage } from '../worker/protocol.ts';

/** What went wrong in the Worker; `code` is that of a `CaptureError`, or null. */
export class WorkerError extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: WorkerError) => void;
}

const worker: Worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
const waiting: Map<number, Waiting> = new Map();
let calls = 0;

export const progress: Signal<Progress | null> = signal(null);

worker.addEventListener('message', ({ data }: MessageEvent<ReplyMessage>) => {
  if ('progress' in data) {
    progress.value = data.progress;
    return;
  }
  const caller = waiting.get(data.id);
  waiting.delete(data.id);
  if ('failure' in data) caller?.reject(new WorkerError(data.failure, data.code));
  else caller?.resolve(data.result as never);
});

worker.addEventListener('error', (event) => {
  for (const caller of waiting.values()) caller.reject(new WorkerError(event.message, null));
  waiting.clear();
});

/** Has the Worker do something. */
export function call<K extends CallName>(
  name: K,
  ...args: Parameters<Calls[K]>
): Promise<ReturnType<Calls[K]>> {
  const id = ++calls;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, call: name, args } satisfies CallMessage);
  });
}

/** The catalogue of causes by id, once it has come. */
export const catalogue: Signal<ReadonlyMap<string, CauseEntry>> = signal(new Map());

export async function loadCatalogue(): Promise<void> {
  const entries = await call('catalogue');
  catalogue.value = new Map(entries.map((entry) => [entry.id, entry]));
}
