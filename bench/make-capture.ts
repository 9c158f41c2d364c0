/**
 * Makes a big capture, the same bytes for the same options:
 *
 *     tsx bench/make-capture.ts [--bytes 1e9] [--rate 125] [--seed 1] [--out FILE]
 *
 * Connections begin at `--rate` a second, whatever the size, so a smaller capture is a shorter one of equal concurrency.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seededRandom } from '../test/support/captures.ts';
import { FrameWriter } from './frame-writer.ts';
import { Schedule } from './schedule.ts';
import { Traffic } from './traffic.ts';

/** 2024-05-14 09:30:00 UTC, in microseconds. */
const START_US = 1_715_679_000_000_000;
const DATA = fileURLToPath(new URL('data/', import.meta.url));

export interface CaptureOptions {
  readonly bytes: number;
  /** Connections that begin each second. */
  readonly rate: number;
  readonly seed: number;
}

export const DEFAULTS: CaptureOptions = { bytes: 1e9, rate: 125, seed: 1 };

export interface MadeCapture {
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
  readonly seconds: number;
}

/** Writes packets until the file has `bytes`: connections that still run then are open at its end. */
export function makeCapture(path: string, options: CaptureOptions): MadeCapture {
  mkdirSync(dirname(path), { recursive: true });
  // A run that is stopped half-way leaves nothing that looks complete.
  const unfinished = `${path}.part`;
  const fd = openSync(unfinished, 'w');
  const writer = new FrameWriter(fd);
  const schedule = new Schedule();
  const traffic = new Traffic(options.seed, schedule);
  const random = seededRandom(options.seed ^ 0x51ed);
  let atUs = START_US;
  while (writer.bytes < options.bytes) {
    traffic.connection(atUs);
    // Exponential gaps: arrivals that know nothing of each other.
    atUs += Math.ceil((-Math.log((random(1_000_000) + 1) / 1_000_001) / options.rate) * 1e6);
    schedule.drain(atUs, writer);
  }
  writer.flush();
  closeSync(fd);
  renameSync(unfinished, path);
  return {
    packets: writer.packets,
    bytes: writer.bytes,
    connections: traffic.connections,
    seconds: (atUs - START_US) / 1e6,
  };
}

/** The capture with these options in `bench/data/`; made where it is missing. */
export function ensureCapture(options: CaptureOptions): string {
  const path = resolve(DATA, `traffic-${options.bytes}-${options.rate}-${options.seed}.pcap`);
  if (!existsSync(path)) tellMade(path, options);
  return path;
}

function tellMade(path: string, options: CaptureOptions): void {
  const began = performance.now();
  const made = makeCapture(path, options);
  const took = ((performance.now() - began) / 1000).toFixed(1);
  console.error(
    `${path}: ${made.bytes} bytes, ${made.packets} packets (${(made.bytes / made.packets - 16).toFixed(0)} B mean), ` +
      `${made.connections} connections over ${made.seconds.toFixed(0)} s, made in ${took} s`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string', default: String(DEFAULTS.bytes) },
      rate: { type: 'string', default: String(DEFAULTS.rate) },
      seed: { type: 'string', default: String(DEFAULTS.seed) },
      out: { type: 'string' },
    },
  });
  const options = { bytes: Number(values.bytes), rate: Number(values.rate), seed: Number(values.seed) };
  if (values.out === undefined) console.log(ensureCapture(options));
  else tellMade(resolve(values.out), options);
}
