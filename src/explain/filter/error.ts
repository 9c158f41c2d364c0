/** A filter that cannot be understood, with the place in its text. */
export class FilterError extends Error {
  /** The whole filter text. */
  readonly source: string;
  /** Index of the first character at fault, from 0; the length of the text where something is missing at its end. */
  readonly position: number;
  /** How many characters are at fault, at least 1. */
  readonly length: number;

  constructor(message: string, source: string, position: number, length: number) {
    super(message);
    this.name = 'FilterError';
    this.source = source;
    this.position = position;
    this.length = Math.max(1, length);
  }

  /** The message with the filter's text and carets under the fault, three lines. */
  show(): string {
    // Control characters would move the carets away from what they point at.
    const text = Array.from(this.source, (c) => (c < ' ' ? ' ' : c)).join('');
    const carets = ' '.repeat(this.position) + '^'.repeat(this.length);
    return `filter, column ${this.position + 1}: ${this.message}\n  ${text}\n  ${carets}`;
  }
}
