import type { Packet } from '../host/packet.ts';
import { Flag, type Segment, SegmentKind } from '../wire/index.ts';
import { icmpError, resetAnswer, resetForward, type UnreachableReason } from './answer.ts';
import { type BoxOptions, FlowBox } from './box.ts';
import { endpoint, Flow } from './flows.ts';
import { type Match, Matcher } from './match.ts';
import type { Port, World } from './station.ts';

/**
 * `reset`: dropped, and the sender gets an RST; `unreachable`, `prohibited`: an ICMP error; `reset-both`: dropped, and both ends
 * get an RST that looks like the other's; `inject-resets`: the same, but the segment passes before.
 */
export type FirewallAction =
  | 'pass'
  | 'drop'
  | 'reset'
  | 'unreachable'
  | 'prohibited'
  | 'reset-both'
  | 'inject-resets';

/** A rule fits where all that it says does; `nth` counts what fits the rest. */
export interface FirewallRule extends Match {
  readonly action: FirewallAction;
  /** Out: from inside to outside. Default both. */
  readonly direction?: 'in' | 'out';
  /** Stateful: of no flow yet and a SYN, of a flow, of no flow and no SYN. */
  readonly state?: 'new' | 'established' | 'invalid';
}

export interface FirewallOptions extends BoxOptions {
  /** The first that fits decides. */
  readonly rules?: readonly FirewallRule[];
  /** What no rule fits, TCP or not; default pass. */
  readonly otherwise?: FirewallAction;
  /** Flows that it can remember; a SYN that would begin one more is dropped (Linux: nf_conntrack_max). */
  readonly maxFlows?: number;
}

interface PreparedRule {
  readonly rule: FirewallRule;
  readonly matcher: Matcher;
}

/** Rules on a link: a bridge with an inside and an outside. It keeps flows where a rule asks for the state of one. */
export class Firewall extends FlowBox {
  /** How many packets each action met. */
  readonly counters: Record<FirewallAction, number> = {
    pass: 0,
    drop: 0,
    reset: 0,
    unreachable: 0,
    prohibited: 0,
    'reset-both': 0,
    'inject-resets': 0,
  };
  #rules: readonly PreparedRule[] = [];
  readonly #otherwise: FirewallAction;
  readonly #maxFlows: number;
  #isStateful: boolean;

  constructor(world: World, name: string, options: FirewallOptions = {}) {
    super(world, name, options);
    this.#otherwise = options.otherwise ?? 'pass';
    this.#maxFlows = options.maxFlows ?? Infinity;
    this.#isStateful = options.maxFlows !== undefined;
    this.setRules(options.rules ?? []);
  }

  /** Puts rules in place of those before, with counts from 0 on; flows stay. */
  setRules(rules: readonly FirewallRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, matcher: new Matcher(rule) }));
    this.#isStateful ||= rules.some((rule) => rule.state !== undefined);
  }

  override forwards(from: Port, to: Port): boolean {
    return from.side !== to.side;
  }

  override receive(packet: Packet, port: Port): void {
    const { segment } = this.reader;
    const kind = this.reader.read(packet, this.world.now);
    if (kind === SegmentKind.none) {
      this.#act(this.#otherwise, packet, port);
      return;
    }
    const flow = this.#isStateful ? this.#flowOf(segment) : null;
    const isOneTooMany = flow === null && this.flows.size >= this.#maxFlows;
    const action =
      isOneTooMany && stateWithoutFlow(segment) === 'new' ? 'drop' : this.#decide(segment, port, flow);
    if (this.#isStateful && (action === 'pass' || action === 'inject-resets'))
      this.#remember(segment, port, flow);
    this.#act(action, packet, port);
    this.planExpiry();
  }

  #flowOf(segment: Segment): Flow | null {
    this.flows.expire(this.world.now);
    return this.flows.find(segment, true) ?? this.flows.find(segment, false);
  }

  #decide(segment: Segment, port: Port, flow: Flow | null): FirewallAction {
    const direction = port.side === 'inside' ? 'out' : 'in';
    const state = flow === null ? stateWithoutFlow(segment) : 'established';
    for (const { matcher, rule } of this.#rules) {
      if (rule.direction !== undefined && rule.direction !== direction) continue;
      if (rule.state !== undefined && rule.state !== state) continue;
      if (matcher.fits(segment)) return rule.action;
    }
    return this.#otherwise;
  }

  #remember(segment: Segment, port: Port, known: Flow | null): void {
    if (known === null && stateWithoutFlow(segment) !== 'new') return;
    const flow = known ?? newFlow(segment, port);
    if (known === null) this.flows.add(flow, this.world.now);
    this.flows.track(flow, segment, port.side === flow.nearSide, this.world.now);
  }

  #act(action: FirewallAction, packet: Packet, port: Port): void {
    this.counters[action]++;
    switch (action) {
      case 'pass':
        this.passAcross(packet, port);
        return;
      case 'drop':
        this.world.packets.give(packet);
        return;
      case 'reset':
        this.dropStray(packet, port, 'reset');
        return;
      case 'unreachable':
        this.#reject(packet, port, 'port');
        return;
      case 'prohibited':
        this.#reject(packet, port, 'prohibited');
        return;
      default:
        this.#resetEnds(packet, port, action === 'inject-resets');
    }
  }

  #reject(packet: Packet, port: Port, reason: UnreachableReason): void {
    const { packets } = this.world;
    const error = icmpError(packets, this, packet, reason);
    packets.give(packet);
    if (error !== null) port.send(error);
  }

  #resetEnds(packet: Packet, port: Port, passes: boolean): void {
    const { packets } = this.world;
    const { segment } = this.reader;
    const isTcp = segment.kind === SegmentKind.tcp;
    const back = isTcp ? resetAnswer(packets, segment) : null;
    const onward = isTcp ? resetForward(packets, segment, passes) : null;
    if (passes) this.passAcross(packet, port);
    else packets.give(packet);
    if (onward !== null) this.passAcross(onward, port);
    if (back !== null) port.send(back);
  }
}

function stateWithoutFlow(segment: Segment): 'new' | 'invalid' {
  const isSyn = segment.kind === SegmentKind.tcp && (segment.flags & (Flag.syn | Flag.ack)) === Flag.syn;
  return isSyn ? 'new' : 'invalid';
}

function newFlow(segment: Segment, port: Port): Flow {
  const near = endpoint(segment.source, segment.sourcePort);
  const peer = endpoint(segment.destination, segment.destinationPort);
  return new Flow(segment.family, port.side, near, peer, near, peer);
}
