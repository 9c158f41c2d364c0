import { errnoName } from '../../host/index.ts';
import { Flag } from '../../wire/index.ts';
import type { Attempt, Result } from '../calls/context.ts';
import { CALLS, MAKES_DESCRIPTOR } from '../calls/table.ts';
import { Args, Complaint } from '../calls/value.ts';
import type { PyValue } from '../python/values.ts';
import { runShell } from '../shell/run.ts';
import { describeLive } from './describe.ts';
import { type Diff, diffOf, expectedText } from './diff.ts';
import type { ScriptPacket } from './expected.ts';
import { Flow, Stage } from './flow.ts';
import { encodeIcmp, encodeInbound } from './inject.ts';
import type { LivePacket } from './live.ts';
import { Peer } from './peer.ts';
import type { CallStep, CodeStep, CommandStep, IcmpStep, PacketStep, Step } from './steps.ts';
import { INFO_CONSTANTS, infoVariables } from './tcp-info.ts';
import { checkTime, latest, seconds, type When } from './timing.ts';
import { compare, type Difference } from './verify.ts';
import type { World } from './world.ts';

/** How long a call that still waits is waited for, where the script goes on with another (packetdrill: 1 s). */
const PATIENCE_US = 1_000_000;

/** A line that did not go as the script has it. */
export class StepProblem extends Error {
  readonly step: Step;
  readonly complaint: Complaint;
  readonly differences: readonly Difference[];
  /** The packet that is not as expected. */
  readonly live: LivePacket | null;

  constructor(
    step: Step,
    complaint: Complaint,
    differences: readonly Difference[] = [],
    live: LivePacket | null = null,
  ) {
    super(complaint.message);
    this.step = step;
    this.complaint = complaint;
    this.differences = differences;
    this.live = live;
  }
}

function failed(message: string, expected: string | null = null, got: string | null = null): Complaint {
  return new Complaint('failed', message, expected, got);
}

function different(message: string, { expected, got, marks }: Diff): Complaint {
  return new Complaint('failed', message, expected, got, marks);
}

/** A call that has not returned yet. */
interface Waiting {
  readonly step: CallStep;
  readonly attempt: Attempt;
  /** When it is to return. */
  readonly returns: When;
  readonly beganUs: number;
}

/** Executes a script's lines one after the other, in virtual time. */
export class Runner {
  readonly #world: World;
  readonly #steps: readonly Step[];
  readonly peer: Peer = new Peer();
  #last: { readonly step: Step; readonly when: When } | null = null;
  #waiting: Waiting | null = null;
  #trying = false;
  #variables: ReadonlyMap<string, number> = new Map();
  /** What code of the script set. */
  readonly #own: Map<string, PyValue> = new Map();

  constructor(world: World, steps: readonly Step[]) {
    this.#world = world;
    this.#steps = steps;
    world.onStep = () => this.#retry();
  }

  /** Throws a `StepProblem` at the first line that does not go well. */
  run(): void {
    for (const step of this.#steps) {
      const when = this.#whenOf(step);
      try {
        this.#execute(step, when);
      } catch (error) {
        if (error instanceof Complaint) throw new StepProblem(step, error);
        throw error;
      }
      this.#last = { step, when };
    }
    this.#finish();
  }

  /** Relative times count from now; from one inbound packet to the next, from when that was due. */
  #whenOf(step: Step): When {
    const { kind, us, endUs } = step.time;
    const { now } = this.#world;
    if (kind === 'any') return { kind: 'any', us: now, endUs: now };
    const last = this.#last;
    const anchored = last !== null && isInbound(last.step) && isInbound(step);
    const offset = kind === 'absolute' ? 0 : anchored ? last.when.us : now;
    return { kind: endUs === null ? 'point' : 'range', us: us + offset, endUs: (endUs ?? us) + offset };
  }

  #execute(step: Step, when: When): void {
    switch (step.kind) {
      case 'outbound':
        this.#expect(step, when);
        return;
      case 'call':
        this.#finishWaiting(this.#world.now + PATIENCE_US);
        this.#waitFor(when, 'the call');
        this.#call(step, when);
        return;
      case 'inbound':
        this.#waitFor(when, 'the inbound packet');
        this.#inject(step);
        return;
      case 'icmp':
        this.#waitFor(when, 'the inbound packet');
        this.#injectIcmp(step);
        return;
      case 'command':
        this.#waitFor(when, 'the command');
        this.#command(step);
        return;
      case 'code':
        this.#waitFor(when, 'the code');
        this.#code(step);
    }
  }

  #waitFor(when: When, what: string): void {
    const world = this.#world;
    if (when.us > world.now) {
      if (when.us > world.maxTimeUs) {
        throw new Complaint(
          'unsupported',
          `the script lasts longer than the ${seconds(world.maxTimeUs)} s of --max-time`,
        );
      }
      world.advance(when.us);
    }
    const wrongTime = checkTime(what, when, world.now, this.#last?.when.us ?? null, world.settings.tolerance);
    if (wrongTime !== null && this.#last !== null) throw failed(wrongTime);
  }

  // Calls.

  #call(step: CallStep, when: When): void {
    const call = CALLS[step.name];
    if (call === undefined) throw new Complaint('unsupported', `the call ${step.name}()`);
    const attempt = call(this.#world, new Args(step.name, step.args), step.result ?? 0);
    const result = attempt();
    if (result !== null) {
      this.#checkResult(step, result);
      if (step.returnsUs !== null) this.#checkReturn(step, this.#returnOf(step, when), when.us);
      return;
    }
    this.#waiting = { step, attempt, returns: this.#returnOf(step, when), beganUs: when.us };
    if (step.returnsUs !== null) return;
    // The script does not know that it waits: nothing happens until it returns.
    this.#world.advance(Number.POSITIVE_INFINITY, () => this.#waiting === null);
    if (this.#waiting !== null) throw failed(`${step.name}() waits for ever`, resultText(step), 'no return');
  }

  #returnOf(step: CallStep, when: When): When {
    if (step.returnsUs === null) return { kind: 'any', us: when.us, endUs: when.us };
    const us = step.time.kind === 'absolute' ? step.returnsUs : step.returnsUs + (when.us - step.time.us);
    return { kind: step.time.kind === 'any' ? 'any' : 'point', us, endUs: us };
  }

  #checkReturn(step: CallStep, returns: When, beganUs: number): void {
    const what = `the return of ${step.name}()`;
    const wrongTime = checkTime(what, returns, this.#world.now, beganUs, this.#world.settings.tolerance);
    if (wrongTime !== null) throw new StepProblem(step, failed(wrongTime));
  }

  /** After each step of time: the call that waits may be over. */
  #retry(): void {
    const waiting = this.#waiting;
    if (waiting === null || this.#trying) return;
    this.#trying = true;
    const result = waiting.attempt();
    this.#trying = false;
    if (result === null) return;
    this.#waiting = null;
    try {
      this.#checkResult(waiting.step, result);
      this.#checkReturn(waiting.step, waiting.returns, waiting.beganUs);
    } catch (error) {
      if (error instanceof Complaint) throw new StepProblem(waiting.step, error);
      throw error;
    }
  }

  #finishWaiting(untilUs: number): void {
    if (this.#waiting === null) return;
    this.#world.advance(untilUs, () => this.#waiting === null);
  }

  #checkResult(step: CallStep, result: Result): void {
    const { value } = result;
    const got = value < 0 ? `-1 ${errnoName(value)}` : String(value);
    const complain = (): Complaint => failed(`${step.name}() returned something else`, resultText(step), got);
    if (step.result !== null) {
      const takesAny = MAKES_DESCRIPTOR.has(step.name) && step.result >= 0;
      if (takesAny ? value < 0 : Math.max(value, -1) !== step.result) throw complain();
    }
    if (step.errno !== null && value < 0 && errnoName(value) !== sameErrno(step.errno)) throw complain();
    const beside = value < 0 ? null : (result.check?.() ?? null);
    if (beside !== null) throw failed(beside);
  }

  // Packets.

  #inject(step: PacketStep): void {
    const { packet } = step;
    const world = this.#world;
    const flow = this.#flowOfInbound(packet);
    if (flow.stage === Stage.synAckSent && (packet.flags & Flag.ack) !== 0) flow.stage = Stage.synAckAcked;
    else if (
      flow.stage === Stage.synSent &&
      (packet.flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack)
    ) {
      flow.stage = Stage.synAcked;
      flow.remoteIsn = packet.seq ?? 0;
    }
    this.peer.sent(packet.flags, packet.seq ?? 0, packet.ack, packet.payloadLength);
    const { mss } = world.settings;
    world.inject(encodeInbound(packet, flow, world.settings), packet.payloadLength > mss ? mss : 0);
  }

  /** A segment to a listener, or to a port where nobody is, begins a connection. */
  #flowOfInbound(packet: ScriptPacket): Flow {
    const world = this.#world;
    const { current } = world;
    const begins = current === null || current.stage === Stage.listening || current.remotePort === 0;
    if (!begins) return current;
    const flow = new Flow();
    flow.stage = Stage.arrived;
    flow.remotePort = world.takeRemotePort();
    flow.localPort = world.settings.bindPort;
    flow.remoteIsn = packet.seq ?? 0;
    world.flows.unshift(flow);
    world.current = flow;
    return flow;
  }

  #injectIcmp(step: IcmpStep): void {
    const { current, settings } = this.#world;
    if (current === null)
      throw new Complaint('wrong', 'there is no connection that the ICMP message could be about');
    this.#world.inject(encodeIcmp(step, current, settings));
  }

  #expect(step: PacketStep, when: When): void {
    const world = this.#world;
    const { packet } = step;
    const flow = world.current;
    if (flow === null) throw new Complaint('wrong', 'there is no connection that a packet could belong to');
    const isSyn = (packet.flags & Flag.syn) !== 0;
    const hasAck = (packet.flags & Flag.ack) !== 0;
    if (isSyn && !hasAck && flow.stage === Stage.connecting) {
      flow.stage = Stage.synSent;
      flow.scriptLocalIsn = packet.seq ?? 0;
    }
    if (isSyn && hasAck && flow.stage === Stage.arrived && packet.seq !== null)
      flow.scriptLocalIsn = packet.seq;
    const live = this.#takeWhole(step, flow, when);
    const elapsed = when.us;
    const differences = compare(packet, live, flow, world.settings, elapsed);
    if (differences.length > 0) {
      const fields = differences.map(({ field }) => field);
      const diff = diffOf(packet, when, live, flow, fields);
      throw new StepProblem(step, different('the host sent another packet', diff), differences, live);
    }
    const wrongTime = checkTime(
      'the packet',
      when,
      live.timeUs,
      this.#last?.when.us ?? null,
      world.settings.tolerance,
    );
    if (wrongTime === null) return;
    throw new StepProblem(step, different(wrongTime, diffOf(packet, when, live, flow, ['time'])), [], live);
  }

  /** One packet, or the several in a row that a super-segment of the script is cut into. */
  #takeWhole(step: PacketStep, flow: Flow, when: When): LivePacket {
    const { packet } = step;
    const first = this.#take(step, flow, when);
    const length = packet.payloadLength;
    if (this.#world.settings.strictSegments || first.payload.length === 0 || first.payload.length >= length) {
      return first;
    }
    const parts = [first];
    let total = first.payload.length;
    while (total < length) {
      const before = parts[parts.length - 1]!;
      const next = this.#take(step, flow, when);
      if (!continues(before, next, length - total)) {
        const got = [...parts, next].map((live) => describeLive(live, flow)).join('\n');
        throw failed('the host sent other packets', expectedText(packet, when), got);
      }
      parts.push(next);
      total += next.payload.length;
    }
    return joined(parts);
  }

  #take(step: PacketStep, flow: Flow, when: When): LivePacket {
    const world = this.#world;
    const until = latest(when, this.#last?.when.us ?? null, world.settings.tolerance);
    let live: LivePacket | null = null;
    const found = world.advance(until, () => {
      live ??= this.#next(step, flow);
      return live !== null;
    });
    if (!found || live === null) {
      const got = `no packet until ${seconds(Math.min(until, world.maxTimeUs))}; ${world.timerOf(flow)}`;
      throw failed('the host did not send the packet', expectedText(step.packet, when), got);
    }
    const { flags, seq, ack, payload } = live as LivePacket;
    const isSyn = (flags & Flag.syn) !== 0;
    this.peer.got(flags, seq - flow.localOffset(isSyn), ack, payload.length);
    return live;
  }

  /** The next packet sent that belongs to the connection; others are nobody's business, as with packetdrill. */
  #next(step: PacketStep, flow: Flow): LivePacket | null {
    const world = this.#world;
    for (let live = world.sent.shift(); live !== undefined; live = world.sent.shift()) {
      const isSyn = (live.flags & Flag.syn) !== 0;
      const hasAck = (live.flags & Flag.ack) !== 0;
      if (
        flow.stage === Stage.synSent &&
        !flow.synSeen &&
        isSyn &&
        !hasAck &&
        live.destinationPort === flow.remotePort &&
        !world.isKnownSyn(live)
      ) {
        flow.synSeen = true;
        flow.localPort = live.sourcePort;
        flow.liveLocalIsn = live.seq;
        return live;
      }
      if (!world.belongs(live, flow)) {
        world.passedOver.push(live);
        continue;
      }
      const wantsSynAck = (step.packet.flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack);
      if (flow.stage === Stage.arrived && wantsSynAck) {
        flow.stage = Stage.synAckSent;
        flow.liveLocalIsn = live.seq;
      }
      return live;
    }
    return null;
  }

  // Commands and code.

  #command(step: CommandStep): void {
    const ended = runShell(step.command, this.#world.machine());
    if ('unsupported' in ended) throw new Complaint('unsupported', `not known here: ${ended.unsupported}`);
    if (ended.status !== 0) {
      const got = ended.lines.length === 0 ? 'no output' : ended.lines.join('\n');
      throw failed(`the command ended with status ${ended.status}`, step.command.trim(), got);
    }
  }

  #code(step: CodeStep): void {
    const socket = this.#world.current?.socket ?? null;
    if (socket !== null) this.#variables = infoVariables(socket, this.#world.clocks);
    const problem = step.code.run({
      own: this.#own,
      given: new Map([...INFO_CONSTANTS, ...this.#variables]),
    });
    if (problem !== null) throw failed(problem);
  }

  #finish(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const until = latest(waiting.returns, waiting.beganUs, this.#world.settings.tolerance);
    this.#finishWaiting(until);
    if (this.#waiting !== null) {
      throw new StepProblem(
        waiting.step,
        failed(`${waiting.step.name}() did not return`, resultText(waiting.step), 'no return'),
      );
    }
  }
}

function isInbound(step: Step): boolean {
  return step.kind === 'inbound' || step.kind === 'icmp';
}

function sameErrno(name: string): string {
  return name === 'EWOULDBLOCK' ? 'EAGAIN' : name;
}

function resultText(step: CallStep): string {
  if (step.result === null) return '...';
  return step.errno === null ? String(step.result) : `${step.result} ${step.errno}`;
}

/** Whether a segment goes on where the one before ended and looks the same, as one super-segment would have been cut. */
function continues(before: LivePacket, next: LivePacket, missing: number): boolean {
  const compared = ~(Flag.fin | Flag.psh | Flag.cwr);
  return (
    next.seq === ((before.seq + before.payload.length) | 0) &&
    (next.flags & compared) === (before.flags & compared) &&
    next.ack === before.ack &&
    next.window === before.window &&
    next.urgentPointer === before.urgentPointer &&
    next.optionBytes.length === before.optionBytes.length &&
    next.payload.length <= missing &&
    (next.payload.length === missing || next.payload.length === before.payload.length)
  );
}

/** The segments as one: the first's sequence number and CWR, otherwise the last's header (packetdrill aggregate_packets). */
function joined(parts: readonly LivePacket[]): LivePacket {
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  const payload = new Uint8Array(parts.reduce((sum, part) => sum + part.payload.length, 0));
  let at = 0;
  for (const part of parts) {
    payload.set(part.payload, at);
    at += part.payload.length;
  }
  const flags = (last.flags & ~Flag.cwr) | (first.flags & Flag.cwr);
  return { ...last, seq: first.seq, flags, payload };
}
