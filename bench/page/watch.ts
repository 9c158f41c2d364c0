import { readdirSync, readFileSync } from 'node:fs';
import type { Browser, CDPSession } from 'playwright-core';

/** Clock ticks a second of `/proc`: 100 on every Linux of today. */
const TICKS = 100;

/** What the process of a page and its Workers used, by thread: a busy machine stretches the clock, not this. */
export class RendererWatch {
  private readonly session: CDPSession;
  private readonly pid: number;
  private readonly before: ReadonlyMap<string, number>;
  private readonly events: TraceEvent[] = [];

  private constructor(session: CDPSession, pid: number) {
    this.session = session;
    this.pid = pid;
    this.before = threadSeconds(pid);
  }

  static async begin(browser: Browser): Promise<RendererWatch> {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    // Chromium keeps renderers of its own pages too; that of the page has worked most.
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    renderers.sort((a, b) => workersOf(b.id) - workersOf(a.id));
    const watch = new RendererWatch(session, renderers[0]!.id);
    session.on('Tracing.dataCollected', ({ value }) =>
      watch.events.push(...(value as unknown as TraceEvent[])),
    );
    const traceConfig = { includedCategories: ['toplevel'] };
    await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
    return watch;
  }

  async end(): Promise<Used> {
    const told = new Promise((resolve) => this.session.once('Tracing.tracingComplete', resolve));
    await this.session.send('Tracing.end');
    await told;
    let workerSeconds = 0;
    for (const [thread, seconds] of threadSeconds(this.pid))
      if (thread.endsWith(WORKER))
        workerSeconds = Math.max(workerSeconds, seconds - (this.before.get(thread) ?? 0));
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
    return { workerSeconds, taskMs: this.longestTask(), peakBytes: Number(peak![1]) * 1024 };
  }

  private longestTask(): number {
    const main = this.events.find(
      (e) => e.pid === this.pid && e.name === 'thread_name' && e.args?.name === 'CrRendererMain',
    );
    const tasks = this.events.filter((e) => e.pid === this.pid && e.tid === main?.tid);
    return Math.max(0, ...tasks.map((e) => (e.tdur ?? 0) / 1_000));
  }
}

export interface Used {
  /** Processor time of the Worker that worked most. */
  readonly workerSeconds: number;
  /** Processor time of the longest task of the main thread. */
  readonly taskMs: number;
  /** The most that was resident. */
  readonly peakBytes: number;
}

interface TraceEvent {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** Processor time, microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Names of threads are cut to 15 letters. */
const WORKER = 'DedicatedWorker';

function workersOf(pid: number): number {
  return [...threadSeconds(pid).keys()].filter((thread) => thread.endsWith(WORKER)).length;
}

/** Processor time by thread (number and name). */
function threadSeconds(pid: number): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    seconds.set(`${tid} ${name}`, (Number(fields[11]) + Number(fields[12])) / TICKS);
  }
  return seconds;
}
