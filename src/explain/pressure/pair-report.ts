import type { Buckets } from './buckets.ts';
import { forecast } from './forecast.ts';
import type { Pair } from './pair.ts';
import type { Level, PairReport, Rate } from './types.ts';

/** Series over the capture's time, and what follows from them. */
export function pairReport(
  pair: Pair,
  buckets: Buckets,
  endUs: number,
  ports: number,
  twoMslUs: number,
): PairReport {
  const { widthUs, originUs } = buckets;
  const length = buckets.indexOf(endUs) + 1;
  const lasts = twoMslUs / widthUs;
  const clientTimeWait = pair.clientWaits.alive(length, lasts, buckets);
  const serverTimeWait = pair.serverWaits.alive(length, lasts, buckets);
  const portsHeld = addOpen(clientTimeWait, pair);
  const lifetimeUs = pair.ended === 0 ? 0 : pair.lifetimeUs / pair.ended;
  const portsLevel = level(portsHeld, buckets);
  return {
    client: pair.client,
    server: pair.server,
    connections: pair.connections,
    failed: pair.failed,
    openedPerSecond: rate(pair.opened, length, widthUs, pair.lastStartUs - pair.firstUs),
    closedPerSecond: rate(pair.closed, length, widthUs, endUs - pair.firstUs),
    meanLifetimeSeconds: pair.ended === 0 ? null : lifetimeUs / 1e6,
    timeWaitBy: { client: pair.clientWaits.count, server: pair.serverWaits.count },
    clientTimeWait: level(clientTimeWait, buckets),
    serverTimeWait: level(serverTimeWait, buckets),
    portsHeld: portsLevel,
    portsShare: portsLevel.peak / ports,
    lowestPort: pair.lowestPort,
    highestPort: pair.highestPort,
    reuse: {
      withinTwoMsl: pair.reusedEarly,
      soonestSeconds: pair.reusedEarly === 0 ? null : pair.soonestReuseUs / 1e6,
    },
    forecast: forecast(
      {
        portsHeld,
        opened: pair.opened,
        returns: pair.clientWaits.returns(length, lasts),
        bucketUs: widthUs,
        originUs,
        endUs,
        firstUs: pair.firstUs,
        lastStartUs: pair.lastStartUs,
        lifetimeUs,
        waitingShare: pair.ended === 0 ? 0 : pair.clientWaits.count / pair.ended,
      },
      ports,
      twoMslUs,
    ),
    series: {
      opened: [...pair.opened.subarray(0, length)],
      closed: [...pair.closed.subarray(0, length)],
      clientTimeWait: rounded(clientTimeWait),
      serverTimeWait: rounded(serverTimeWait),
      portsHeld: rounded(portsHeld),
    },
  };
}

function addOpen(clientTimeWait: Float64Array, pair: Pair): Float64Array {
  const held = new Float64Array(clientTimeWait.length);
  let open = 0;
  for (let i = 0; i < held.length; i++) {
    open += pair.opened[i]! - pair.closed[i]!;
    held[i] = clientTimeWait[i]! + Math.max(0, open);
  }
  return held;
}

function level(values: Float64Array, { originUs, widthUs }: Buckets): Level {
  let at = -1;
  for (let i = 0; i < values.length; i++) if (at < 0 || values[i]! > values[at]!) at = i;
  const peak = Math.round(values[at] ?? 0);
  return {
    peak,
    peakAt: peak === 0 ? null : (originUs + (at + 1) * widthUs) / 1e6,
    atEnd: Math.round(values.at(-1) ?? 0),
  };
}

function rate(counts: Int32Array, length: number, widthUs: number, spanUs: number): Rate {
  let all = 0;
  for (let i = 0; i < length; i++) all += counts[i]!;
  if (all < 2 || spanUs <= 0) return { mean: 0, peak: 0 };
  const mean = ((all - 1) * 1e6) / spanUs;
  return { mean, peak: spanUs < 1e6 ? mean : Math.max(mean, peakOf(counts, length, widthUs)) };
}

/** The busiest second, or bucket where those are longer. */
function peakOf(counts: Int32Array, length: number, widthUs: number): number {
  const window = Math.max(1, Math.round(1e6 / widthUs));
  let sum = 0;
  let most = 0;
  for (let i = 0; i < length; i++) {
    sum += counts[i]! - (i >= window ? counts[i - window]! : 0);
    most = Math.max(most, sum);
  }
  return (most * 1e6) / (Math.min(window, length) * widthUs);
}

function rounded(values: Float64Array): number[] {
  return Array.from(values, (value) => Math.round(value));
}
