/** Exit codes, as `lastack help` and docs/cli.md list them. */
export const EXIT = {
  ok: 0,
  nothingMatched: 1,
  usage: 2,
  input: 3,
  damaged: 4,
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A mistake of the user or of the input: printed as one line, with what to do where that is not plain. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | null;

  constructor(exitCode: ExitCode, message: string, hint: string | null = null) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** The reader of our output went away (`| head`): nothing is wrong, and nothing is left to do. */
export class ClosedOutput extends Error {}

export function usageError(message: string, command: string | null = 'explain'): CliError {
  return new CliError(
    EXIT.usage,
    message,
    command === null ? 'try "lastack --help"' : `try "lastack ${command} --help"`,
  );
}
