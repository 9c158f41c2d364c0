import { CaptureError, CaptureParser, type CaptureProblem, type Packet } from '../capture/index.ts';
import { openCapture } from '../capture/node/index.ts';
import type { InputProblem } from '../explain/types.ts';

export interface ReadOptions {
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly onPacket: (packet: Packet) => void;
  readonly onProblem: (problem: InputProblem) => void;
  /** After each piece of input; bytes of the file as it lies on disk, `totalBytes` null where not known. */
  readonly onProgress: (readBytes: number, totalBytes: number | null) => void;
  /** After each piece of input, when what it held was handed over. */
  readonly onPiece: () => void;
  readonly onNotice: (message: string) => void;
}

/** Wireshark and tcpdump write these without any damage being done. */
const HARMLESS: ReadonlySet<string> = new Set([
  'joined-captures',
  'coarse-decimal',
  'unknown-version',
  'no-timestamp',
]);

export function isDamage(problem: { readonly code: string }): boolean {
  return !HARMLESS.has(problem.code);
}

/** The name by which messages call an input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/**
 * Reads captures one after the other as the parts of one capture, so packet numbers run on. Throws a CaptureError
 * where an input cannot be opened or is no capture.
 */
export class CaptureReader {
  private readonly options: ReadOptions;
  private packets: number = 0;

  constructor(options: ReadOptions) {
    this.options = options;
  }

  async read(path: string): Promise<void> {
    const { options } = this;
    const { follow, signal, onProgress, onNotice } = options;
    const capture = await openCapture(path, { follow, signal, onProgress, onNotice });
    const parser = new CaptureParser();
    // The parser counts on from here.
    parser.packet.number = this.packets;
    let told = 0;
    const step = (): void => {
      while (parser.next()) options.onPacket(parser.packet);
      for (; told < parser.problems.length; told++)
        options.onProblem(inputProblem(path, parser.problems[told]!));
      options.onPiece();
    };
    for await (const chunk of capture.chunks) {
      parser.push(chunk);
      step();
      if (parser.finished || signal.aborted) break;
    }
    // An interrupted reading is no truncated file.
    if (!signal.aborted) {
      parser.end();
      step();
    }
    for (const problem of capture.problems) options.onProblem(inputProblem(path, problem));
    if (parser.problemsOmitted > 0) options.onProblem(omittedProblem(path, parser.problemsOmitted));
    this.packets = parser.packet.number;
  }
}

function inputProblem(path: string, problem: CaptureProblem): InputProblem {
  return {
    type: 'problem',
    code: problem.code,
    message: problem.message,
    file: path,
    offset: problem.offset,
    packet: problem.packet,
  };
}

function omittedProblem(path: string, count: number): InputProblem {
  const message = `${count} more problems of this input are not listed.`;
  return { type: 'problem', code: 'more-problems', message, file: path, offset: null, packet: null };
}

export { CaptureError };
