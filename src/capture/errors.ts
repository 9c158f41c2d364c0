/** Why an input could not be opened; `message` is one line for people. */
export class CaptureError extends Error {
  /**
   * `ENOENT`, `EISDIR`, `EACCES` and others of the system, or `EMPTY`, `NOT_A_CAPTURE`, `BAD_COMPRESSION`,
   * `UNSUPPORTED_SOURCE`.
   */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CaptureError';
    this.code = code;
  }
}
