import { HOST_PROFILES, type Host } from '../../host/index.ts';
import type { Link, LinkOptions, Port } from '../../link/index.ts';
import type { TcpConfig } from '../../tcp/config.ts';
import { encodeSegment, type IpFields, type Segment, SegmentKind, type TcpFields } from '../../wire/index.ts';
import type { Lab } from '../lab.ts';
import { us } from './common.ts';

export interface RoutedPair {
  readonly client: Host;
  readonly server: Host;
  /** Between the two routers. */
  readonly middle: Link;
  /** Between the client and its router. */
  readonly access: Link;
  readonly address: string;
}

/** A client and a server with two routers between them: far enough apart that hop limits tell who sent what. */
export function routedPair(
  lab: Lab,
  options: {
    readonly rtt: number;
    readonly profile?: 'linux' | 'rfc' | 'freebsd';
    readonly client?: Partial<TcpConfig>;
    readonly server?: Partial<TcpConfig>;
    readonly link?: LinkOptions;
    /** The routers send no ICMP errors. */
    readonly silent?: boolean;
  },
): RoutedPair {
  const profile = HOST_PROFILES[options.profile ?? 'linux'];
  const client = lab.host('client', { profile, config: options.client ?? {} });
  const server = lab.host('server', { profile, config: options.server ?? {} });
  const { silent = false } = options;
  const near = lab.network.router('near router', { silent });
  const far = lab.network.router('far router', { silent });
  const delayUs = us(options.rtt / 2);
  // The access links take a tenth of the way each.
  const accessUs = Math.round(delayUs / 10);
  const access = lab.network.connect(client, near, { delayUs: accessUs });
  const middle = lab.network.connect(near, far, { delayUs: delayUs - 2 * accessUs, ...options.link });
  lab.network.connect(far, server, { delayUs: accessUs });
  lab.watch(client, server);
  return { client, server, middle, access, address: lab.addressOf(server) };
}

/** A packet that a program writes itself, past the TCP of its host: `port` is where the host's link begins. */
export function sendRaw(lab: Lab, port: Port, bytes: Uint8Array): void {
  const packet = lab.network.packets.take(bytes.length);
  packet.bytes.set(bytes);
  packet.length = bytes.length;
  port.send(packet);
}

/** What one end has sent so far, as it passes a link: all that a third party needs to speak in its name. */
export interface Said {
  ports: { readonly source: number; readonly destination: number };
  /** What it sends next. */
  next: number;
  ack: number;
  window: number;
  tsVal: number;
  tsEcr: number;
  timestamps: boolean;
}

/** Listens on a link, and puts segments on it that neither end has sent. */
export class Forger {
  readonly client: Said = nothingSaid();
  readonly server: Said = nothingSaid();
  private readonly link: Link;
  private readonly addresses: { readonly client: string; readonly server: string };
  private readonly hopLimit: number;

  /** `hopLimit`: of what it sends, where it sends it. */
  constructor(link: Link, client: string, server: string, hopLimit: number) {
    this.link = link;
    this.addresses = { client, server };
    this.hopLimit = hopLimit;
    link.forward.gate.add((_packet, { segment }) => {
      note(this.client, segment);
      return 'pass';
    });
    link.backward.gate.add((_packet, { segment }) => {
      note(this.server, segment);
      return 'pass';
    });
  }

  /** A segment to `to` in the name of the other end; numbers and flags as given, ports and addresses as the connection's. */
  send(to: 'client' | 'server', fields: Partial<TcpFields & IpFields>, afterUs: number = 0): void {
    const from = to === 'server' ? 'client' : 'server';
    const { ports } = this[from];
    const bytes = encodeSegment({
      source: this.addresses[from],
      destination: this.addresses[to],
      sourcePort: ports.source,
      destinationPort: ports.destination,
      hopLimit: this.hopLimit,
      ...fields,
    });
    this.link.inject(bytes, to === 'server' ? this.link.forward : this.link.backward, afterUs);
  }
}

function nothingSaid(): Said {
  return {
    ports: { source: 0, destination: 0 },
    next: 0,
    ack: 0,
    window: 0,
    tsVal: 0,
    tsEcr: 0,
    timestamps: false,
  };
}

const FIN_OR_SYN = 3;

function note(said: Said, segment: Segment): void {
  if (segment.kind !== SegmentKind.tcp) return;
  const { flags, payloadLength, seq } = segment;
  said.ports = { source: segment.sourcePort, destination: segment.destinationPort };
  said.next = (seq + payloadLength + ((flags & FIN_OR_SYN) === 0 ? 0 : 1)) | 0;
  said.ack = segment.ack;
  said.window = segment.window;
  said.timestamps = segment.tsVal !== 0;
  said.tsVal = segment.tsVal;
  said.tsEcr = segment.tsEcr;
}
