import { describe, expect, it } from 'vitest';
import { CaptureParser, type CaptureProblem } from '../src/capture/index.ts';
import { CAUSES } from '../src/explain/causes/index.ts';
import { type Diagnosis, isOdd } from '../src/explain/diagnosis.ts';
import { Explainer } from '../src/explain/engine.ts';
import type { ConnectionEnding } from '../src/explain/types.ts';
import { type Damaged, damage, type Sound, soundCaptures } from './support/damage.ts';

/** `LASTACK_FUZZ=20000 npx vitest run test/robustness.test.ts` for the long run. */
const CASES = Number(process.env.LASTACK_FUZZ ?? 3_000);
const TIMEOUT_MS = 900_000;
/** Small, so that the floods reach it. */
const MAX_CONNECTIONS = 64;
/** No record of any format is smaller. */
const LEAST_RECORD = 12;
/** A report has a ladder of at most some hundred steps, however long the connection was. */
const MAX_REPORT_CHARACTERS = 200_000;

interface Run {
  readonly endings: readonly ConnectionEnding[];
  readonly problems: readonly CaptureProblem[];
  readonly packets: number;
  readonly mostLive: number;
}

function explainAll(bytes: Uint8Array, maxConnections: number): Run {
  const endings: ConnectionEnding[] = [];
  const explainer = new Explainer({
    maxConnections,
    onConnection: (view) => endings.push(view.report()),
    second: { keeps: false, look: (_, diagnosis) => checkUnasked(diagnosis) },
  });
  const parser = new CaptureParser();
  let mostLive = 0;
  let packets = 0;
  const drain = (): void => {
    while (parser.next()) {
      explainer.packet(parser.packet);
      mostLive = Math.max(mostLive, explainer.live);
      packets++;
      // Counted work instead of a clock: a reader that stands still gives packets for ever.
      if (packets * LEAST_RECORD > bytes.length)
        throw new Error(`packet ${packets} in ${bytes.length} bytes`);
    }
  };
  parser.push(bytes);
  drain();
  parser.end();
  drain();
  explainer.finish();
  if (explainer.live !== 0) throw new Error(`${explainer.live} connections left after the end`);
  const { connections } = explainer.summary();
  if (connections !== endings.length) throw new Error(`${connections} counted, ${endings.length} given out`);
  return { endings, problems: parser.problems, packets, mostLive };
}

/** The causes that are not asked about a plain connection would not have fitted it. */
function checkUnasked(diagnosis: Diagnosis): Diagnosis {
  const k = diagnosis.case;
  if (isOdd(k)) return diagnosis;
  const fitting = CAUSES.filter(
    (one) => one.needsOddity && one.kinds.includes(k.o.closeKind) && one.fit(k) > 0,
  );
  if (fitting.length > 0) throw new Error(`${fitting[0]!.id} fits, and needs nothing odd`);
  return diagnosis;
}

/** Whatever the bytes were, this holds. */
function check(run: Run, damaged: Damaged): void {
  const { endings, problems, packets, mostLive } = run;
  if (mostLive > MAX_CONNECTIONS) throw new Error(`${mostLive} connections followed at once`);
  if (endings.length > packets) throw new Error(`${endings.length} connections out of ${packets} packets`);
  for (const { message, offset } of problems) {
    if (message === '') throw new Error('a problem without a message');
    if (!(offset >= 0 && offset <= damaged.bytes.length)) throw new Error(`problem at offset ${offset}`);
  }
  for (const ending of endings) {
    const text = JSON.stringify(ending);
    if (text.length > MAX_REPORT_CHARACTERS) throw new Error(`a report of ${text.length} characters`);
    if (text.includes('NaN') || text.includes('undefined')) throw new Error(`not a clean report: ${text}`);
  }
}

const OVER: ReadonlySet<string> = new Set(['fin', 'rst', 'fin-then-rst', 'refused', 'abort-connect']);

function gist(e: ConnectionEnding): string {
  const { client, server, packets, closeKind, closeForm, firstCloser, rstSender, timeWait } = e;
  return JSON.stringify({ client, server, packets, closeKind, closeForm, firstCloser, rstSender, timeWait });
}

/** Connections that were over before the damage came out as they do without it; returns how many there were. */
function checkKept(sound: Sound, whole: Run, damaged: Damaged, run: Run): number {
  const intact = sound.records.filter((r) => r.frame + r.length <= damaged.from).length;
  const found = new Map(run.endings.map((e) => [e.firstPacket, e]));
  let kept = 0;
  for (const before of whole.endings) {
    if (before.lastPacket > intact || !OVER.has(before.closeKind)) continue;
    const after = found.get(before.firstPacket);
    if (after === undefined) throw new Error(`the connection of packet ${before.firstPacket} is lost`);
    // Damage can turn a later packet into one of this connection.
    if (after.packets !== before.packets) continue;
    if (gist(after) !== gist(before)) throw new Error(`${gist(before)} became ${gist(after)}`);
    kept++;
  }
  return kept;
}

describe('damaged and hostile captures', () => {
  it(
    `end in a result within bounds, ${CASES} of them, and keep what came before the damage`,
    () => {
      const sounds = soundCaptures();
      const whole = new Map(sounds.map((s) => [s, explainAll(s.bytes, MAX_CONNECTIONS)]));
      let connections = 0;
      let kept = 0;
      let full = 0;
      for (let index = 0; index < CASES; index++) {
        const { sound, damaged } = damage(index, sounds);
        try {
          const run = explainAll(damaged.bytes, MAX_CONNECTIONS);
          check(run, damaged);
          kept += checkKept(sound, whole.get(sound)!, damaged, run);
          connections += run.endings.length;
          if (run.mostLive === MAX_CONNECTIONS) full++;
        } catch (cause) {
          throw new Error(`case ${index}, ${damaged.what} in ${sound.name}: ${(cause as Error).message}`, {
            cause,
          });
        }
      }
      // The cases would show nothing if they were all refused at the door.
      expect(connections).toBeGreaterThan(CASES);
      expect(kept).toBeGreaterThan(CASES / 4);
      expect(full).toBeGreaterThan(CASES / 50);
    },
    TIMEOUT_MS,
  );

  it('a capture that ends inside a record gives what its whole packets give', () => {
    for (const { bytes, records } of soundCaptures()) {
      for (let i = 1; i < records.length; i += 7) {
        const intact = explainAll(bytes.slice(0, records[i]!.offset), MAX_CONNECTIONS);
        const run = explainAll(bytes.slice(0, records[i]!.offset + 9), MAX_CONNECTIONS);
        expect(run.endings).toEqual(intact.endings);
        expect(run.problems.map((p) => p.code)).toEqual(['truncated']);
      }
    }
  });
});
