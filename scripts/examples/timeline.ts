import { ByteCollector, PcapngWriter } from '../../src/capture/index.ts';
import { encodeEthernet, LinkType } from '../../src/wire/index.ts';
import type { Host } from '../traffic/host.ts';
import { encodePlan, type SegmentPlan, type TalkSink } from '../traffic/talk.ts';

/** 2024-05-14 09:30:00 UTC, in microseconds. */
const START_US = 1_715_679_000_000_000;

/** Packets of several conversations, in any order; written in that of their times. */
export class Timeline implements TalkSink {
  private readonly packets: { readonly atUs: number; readonly frame: Uint8Array }[] = [];

  segment(plan: SegmentPlan): void {
    this.packet(plan.atUs, plan.from, plan.to, encodePlan(plan));
  }

  /** `atUs` counts from the beginning of the capture. */
  packet(atUs: number, from: Host, to: Host, packet: Uint8Array): void {
    const frame = encodeEthernet(packet, { source: from.mac, destination: to.mac });
    this.packets.push({ atUs: START_US + Math.round(atUs), frame });
  }

  /** A pcapng file of one Ethernet interface. */
  pcapng(comment: string): Uint8Array {
    const collector = new ByteCollector();
    const writer = new PcapngWriter(collector.sink, { application: 'lastack examples', comment });
    const ethernet = writer.addInterface({ linkType: LinkType.ethernet, name: 'eth0' });
    // The sort is stable: packets of the same microsecond stay in the order they were added.
    for (const { atUs, frame } of [...this.packets].sort((a, b) => a.atUs - b.atUs))
      writer.write(ethernet, atUs, frame);
    return collector.bytes();
  }
}
