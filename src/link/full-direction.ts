import type { Packet } from '../host/packet.ts';
import { icmpError } from './answer.ts';
import { cutSuperSegment, fragment } from './cut.ts';
import { Direction } from './direction.ts';
import { hasWholeHeader, headersLength, markCongestion, mustNotFragment } from './header.ts';
import type { PathOptions } from './options.ts';
import { Red, type TransmitQueue } from './queue.ts';

/** One direction of a link with all that may befall packets: IP's answers to what is too large, early detection, segmentation. */
export class FullDirection extends Direction {
  /** Set by `configure`, which runs before this class's own fields would be. */
  declare protected red: Red | null;
  declare protected cuts: boolean;

  override configure(options: PathOptions): void {
    super.configure(options);
    if (options.superSegments !== undefined || this.cuts === undefined)
      this.cuts = options.superSegments === 'cut';
    if ('red' in options || this.red === undefined)
      this.red = options.red == null ? null : new Red(options.red, this.stream('red'));
  }

  override send(packet: Packet): void {
    if (!this.cuts || packet.segmentSize === 0 || headersLength(packet) === 0) {
      super.send(packet);
      return;
    }
    this.counters.sent++;
    for (const piece of cutSuperSegment(this.world.packets, packet)) this.enter(piece);
  }

  protected override admits(queue: TransmitQueue, packet: Packet, now: number): boolean {
    if (!super.admits(queue, packet, now)) return false;
    const { red } = this;
    if (red === null || !red.notices(queue.packets)) return true;
    if (!red.ecn || !hasWholeHeader(packet) || !markCongestion(packet)) return false;
    this.counters.marked++;
    return true;
  }

  protected override carryTooBig(packet: Packet, extraUs: number, options: PathOptions): void {
    const { packets, now } = this.world;
    const { mtu = Infinity } = options;
    this.counters.tooBig++;
    if (hasWholeHeader(packet) && !mustNotFragment(packet)) {
      for (const piece of this.#fragments(packet, mtu)) this.transmit(piece, extraUs);
      return;
    }
    if (options.tooBig !== 'drop') {
      const error = icmpError(packets, this.from.station, packet, 'tooBig', mtu);
      // The narrow hop is as far away as the delay of this direction says, there and back.
      if (error !== null) this.from.peer.out.fly(error, now + this.delayUs);
    }
    packets.give(packet);
  }

  /** RFC 791 3.2, of each segment of a super-segment. */
  #fragments(packet: Packet, mtu: number): Packet[] {
    const { packets } = this.world;
    const isCut = packet.segmentSize > 0 && headersLength(packet) > 0;
    const pieces = isCut ? cutSuperSegment(packets, packet) : [packet];
    return pieces.flatMap((piece) => fragment(packets, piece, mtu));
  }
}
