/** What is wrong with a script's text, and where: line and column count from 1. */
export class ScriptError extends Error {
  readonly line: number;
  readonly column: number;
  /** `unsupported`: it is right, but about what cannot be tested here. */
  readonly verdict: 'wrong' | 'unsupported';

  constructor(line: number, column: number, message: string, verdict: 'wrong' | 'unsupported' = 'wrong') {
    super(message);
    this.line = line;
    this.column = column;
    this.verdict = verdict;
  }
}
