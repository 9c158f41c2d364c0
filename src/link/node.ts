import type { Packet } from '../host/packet.ts';

/**
 * What the network needs of whatever has a TCP in it: the sans-IO surface of a host. Time is virtual microseconds. `Host` of
 * src/host has it all; a test may attach anything else that does.
 */
export interface Node {
  readonly name: string;
  /** A packet arrived. It stays the network's: the node copies what it wants to keep. */
  inputPacket(now: number, packet: Packet): void;
  /** Time has come to `nextTimeout()` or past it. */
  poll(now: number): void;
  /** When `poll` wants to be called; Infinity: never. */
  nextTimeout(): number;
  /** Hands over what is to be sent. A sink that returns false is full: the rest stays queued. */
  output(sink: (packet: Packet) => boolean): void;
  /** Tells the node the time before calls are made on its sockets. */
  at?(now: number): void;
  /** All that it knew of its connections is gone, as after a power cut. */
  crash?(): void;
}
