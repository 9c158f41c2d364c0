import { writeSync } from 'node:fs';
import { CliError, ClosedOutput, EXIT } from './errors.ts';

/** Where text goes. `columns` is null where the width is not known. */
export interface TextOutput {
  write(text: string): void;
  flush(): void;
  readonly isTty: boolean;
  readonly columns: number | null;
}

const BUFFER_CHARACTERS = 64 * 1024;
const RETRY_MS = 5;

/**
 * Writes to a file descriptor synchronously: a slow reader holds up the analysis instead of growing a queue in memory,
 * also inside the engine's callbacks, which cannot wait. Throws ClosedOutput once the reader is gone.
 */
export class DescriptorOutput implements TextOutput {
  readonly isTty: boolean;
  private readonly descriptor: number;
  private readonly stream: { readonly isTTY?: boolean; readonly columns?: number };
  private pending: string[] = [];
  private pendingCharacters: number = 0;

  constructor(descriptor: number, stream: { readonly isTTY?: boolean; readonly columns?: number }) {
    this.descriptor = descriptor;
    this.stream = stream;
    this.isTty = stream.isTTY === true;
  }

  get columns(): number | null {
    return this.stream.columns ?? null;
  }

  write(text: string): void {
    this.pending.push(text);
    this.pendingCharacters += text.length;
    if (this.pendingCharacters >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.pendingCharacters === 0) return;
    const bytes = new TextEncoder().encode(this.pending.join(''));
    this.pending = [];
    this.pendingCharacters = 0;
    let done = 0;
    while (done < bytes.length) done += this.writeSome(bytes, done);
  }

  private writeSome(bytes: Uint8Array, from: number): number {
    try {
      return writeSync(this.descriptor, bytes, from);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EPIPE' || code === 'EOF') throw new ClosedOutput();
      // Another process that shares the pipe or terminal may have made it non-blocking.
      if (code !== 'EAGAIN')
        throw new CliError(EXIT.input, `the output cannot be written: ${(error as Error).message}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      return 0;
    }
  }
}
