import type { TextOutput } from './output.ts';

/** The world of a command. */
export interface CommandIo {
  readonly out: TextOutput;
  readonly err: TextOutput;
  /** True where standard input is a terminal, from which no capture will come. */
  readonly stdinIsTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}
