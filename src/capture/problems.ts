import type { CaptureProblem } from './packet.ts';

const MAX_PROBLEMS = 100;

/** The problems of one input, bounded in number: a file of nothing but damage must not fill the memory. */
export class ProblemList {
  readonly list: CaptureProblem[] = [];
  /** Problems beyond those in `list`. */
  omitted: number = 0;

  /** A fatal problem is always kept: it says where reading stopped. */
  add(code: string, message: string, offset: number, packet: number, fatal: boolean): void {
    if (this.list.length >= MAX_PROBLEMS && !fatal) {
      this.omitted += 1;
      return;
    }
    this.list.push({ code, message, offset, packet, fatal });
  }
}
