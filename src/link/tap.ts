import { ByteCollector, PcapngWriter } from '../capture/index.ts';
import { LinkType } from '../wire/index.ts';
import { PacketTap } from './packet-tap.ts';
import type { Port } from './station.ts';

/** 2026-01-01T00:00:00Z: what virtual time 0 is in captures. */
export const CAPTURE_EPOCH_US = 1_767_225_600_000_000;

/** What tcpdump would see at one or more ports. */
export class Tap extends PacketTap {
  pcapng(): Uint8Array {
    return writeTaps([this]);
  }
}

/** One capture of what several taps saw, in order of time; what was seen at the same time stays in the taps' order. */
export function writeTaps(taps: readonly PacketTap[]): Uint8Array {
  const collector = new ByteCollector();
  const writer = new PcapngWriter(collector.sink, { application: 'lastack' });
  const ids = taps.map((tap) => addInterfaces(writer, tap));
  const all = taps.flatMap((tap, i) =>
    tap.packets.map((packet) => ({ packet, id: ids[i]!.get(packet.port)! })),
  );
  all.sort((a, b) => a.packet.timeUs - b.packet.timeUs);
  for (const { packet, id } of all) {
    writer.write(id, CAPTURE_EPOCH_US + packet.timeUs, packet.bytes, { originalLength: packet.length });
  }
  return collector.bytes();
}

/** Adds the tap's interfaces to a capture and returns the id of each port's. */
function addInterfaces(writer: PcapngWriter, tap: PacketTap): Map<Port, number> {
  const { name, snaplen = 0 } = tap.options;
  const ids = new Map<Port, number>();
  for (const port of tap.ports) {
    const label = name === undefined || tap.ports.length > 1 ? port.name : name;
    ids.set(port, writer.addInterface({ linkType: LinkType.raw, name: label, snaplen }));
  }
  return ids;
}
