import { bytesText, countText, durationText } from './format.ts';

/** Shorter runs need no bar. */
const QUIET_MS = 500;
const REDRAW_MS = 100;
const BAR_WIDTH = 24;

/** A progress line on a terminal, cleared when it is done. Time comes in as an argument. */
export class Progress {
  private readonly write: (text: string) => void;
  private readonly startMs: number;
  private readonly filled: string;
  private readonly columns: () => number;
  private drawnMs: number = 0;
  private drawn: boolean = false;

  constructor(write: (text: string) => void, startMs: number, unicode: boolean, columns: () => number) {
    this.write = write;
    this.startMs = startMs;
    this.filled = unicode ? '█' : '#';
    this.columns = columns;
  }

  /** `totalBytes` is null where the size is not known. */
  update(nowMs: number, readBytes: number, totalBytes: number | null, packets: number): void {
    if (nowMs - this.startMs < QUIET_MS || nowMs - this.drawnMs < REDRAW_MS) return;
    this.drawnMs = nowMs;
    this.drawn = true;
    const text = this.text((nowMs - this.startMs) / 1000, readBytes, totalBytes, packets);
    this.write(`\r${text.slice(0, this.columns() - 1)}\x1b[K`);
  }

  clear(): void {
    if (this.drawn) this.write('\r\x1b[K');
    this.drawn = false;
  }

  private text(seconds: number, readBytes: number, totalBytes: number | null, packets: number): string {
    const rate = `${bytesText(Math.round(readBytes / seconds))}/s, ${countText(packets)} packets`;
    if (totalBytes === null || totalBytes === 0) return `${bytesText(readBytes)} read, ${rate}`;
    const share = Math.min(1, readBytes / totalBytes);
    const bar = this.filled
      .repeat(Math.round(share * BAR_WIDTH))
      .padEnd(BAR_WIDTH, this.filled === '#' ? '.' : '░');
    const left = share > 0 ? (seconds * (1 - share)) / share : 0;
    return `${bar} ${Math.floor(share * 100)} %  ${bytesText(readBytes)} of ${bytesText(totalBytes)}, ${rate}, ${durationText(Math.ceil(left))} left`;
  }
}
