/** One IP packet in memory that is used again: whoever takes it from the pool, or is handed it, gives it back. */
export class Packet {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes in use, from 0 on. */
  length: number = 0;
  /** Super-segment: payload size of the segments that a link may cut it into; 0: it is one segment. */
  segmentSize: number = 0;
  /** Super-segment: CWR is a bit of a number that all its segments have (RFC 9768), not a word said once. */
  cwrInAll: boolean = false;
  /** Nothing on the way can damage it: checksums are neither computed nor verified. */
  trusted: boolean = false;
  /** It lies in a pool at the moment, before this one. */
  pooled: boolean = false;
  next: Packet | null = null;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Capacities: bare segments, packets of an Ethernet, of a jumbo Ethernet, super-segments. */
const CAPACITIES = [256, 2048, 9216, 66_560] as const;

/** Bytes of packets that lie idle in a pool at most. */
const MAX_IDLE_BYTES = 16 << 20;

/** Packets to use again, by size. Hosts and links of one simulation share one. */
export class PacketPool {
  readonly #idle: (Packet | null)[] = CAPACITIES.map(() => null);
  #idleBytes = 0;
  /** Packets that were taken and not given back: 0 once a simulation is empty. */
  inUse: number = 0;

  /** A packet with room for at least `minBytes`; its length is 0. */
  take(minBytes: number): Packet {
    this.inUse++;
    const size = sizeClass(minBytes);
    if (size === CAPACITIES.length) return new Packet(minBytes);
    const packet = this.#idle[size]!;
    if (packet === null) return new Packet(CAPACITIES[size]!);
    this.#idle[size] = packet.next;
    this.#idleBytes -= packet.bytes.length;
    packet.pooled = false;
    packet.length = 0;
    packet.segmentSize = 0;
    packet.cwrInAll = false;
    packet.trusted = false;
    return packet;
  }

  /** A packet of its own with the same content. */
  copy(packet: Packet): Packet {
    const copy = this.take(packet.length);
    copy.bytes.set(packet.bytes.subarray(0, packet.length));
    copy.length = packet.length;
    copy.segmentSize = packet.segmentSize;
    copy.cwrInAll = packet.cwrInAll;
    copy.trusted = packet.trusted;
    return copy;
  }

  /** Takes a packet back; it may not be read any more. */
  give(packet: Packet): void {
    if (packet.pooled) throw new Error('the packet was given back already');
    this.inUse--;
    const size = sizeClass(packet.bytes.length);
    if (size === CAPACITIES.length || this.#idleBytes >= MAX_IDLE_BYTES) return;
    packet.pooled = true;
    this.#idleBytes += packet.bytes.length;
    packet.next = this.#idle[size]!;
    this.#idle[size] = packet;
  }
}

function sizeClass(bytes: number): number {
  return bytes <= 256 ? 0 : bytes <= 2048 ? 1 : bytes <= 9216 ? 2 : bytes <= 66_560 ? 3 : 4;
}
