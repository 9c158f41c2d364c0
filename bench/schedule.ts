import type { Host } from '../scripts/traffic/host.ts';
import type { SegmentPlan, TalkSink } from '../scripts/traffic/talk.ts';
import type { FrameWriter } from './frame-writer.ts';

interface Entry {
  readonly atUs: number;
  /** Keeps packets of the same microsecond in the order they were made. */
  readonly order: number;
  readonly write: SegmentPlan | { readonly from: Host; readonly to: Host; readonly packet: Uint8Array };
}

/** Puts the packets of overlapping connections in the order of their times: a binary heap. */
export class Schedule implements TalkSink {
  private readonly heap: Entry[] = [];
  private order: number = 0;

  segment(plan: SegmentPlan): void {
    this.push({ atUs: Math.floor(plan.atUs), order: this.order++, write: plan });
  }

  packet(atUs: number, from: Host, to: Host, packet: Uint8Array): void {
    this.push({ atUs: Math.floor(atUs), order: this.order++, write: { from, to, packet } });
  }

  /** Writes what is due before `untilUs`. */
  drain(untilUs: number, writer: FrameWriter): void {
    while (this.heap.length > 0 && this.heap[0]!.atUs < untilUs) {
      const { atUs, write } = this.pop();
      if ('packet' in write) writer.packet(atUs, write.from, write.to, write.packet);
      else writer.segment(write);
    }
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!before(entry, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  }

  private pop(): Entry {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++;
      if (!before(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
