import { State } from '../states/index.ts';
import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import {
  fieldCodePoint,
  fieldDelta,
  fieldsOf,
  fieldsUpTo,
  findOption,
  fitLater,
  fitSyn,
  rawField,
  usedBytes,
  writeWithOption,
} from './acc-ecn-options.ts';
import { smss } from './congestion/window.ts';
import type { AccEcn, AccEcnState, Environment } from './environment.ts';
import { isRecord } from './facts.ts';
import { segmentBytes } from './options-out.ts';
import type { Outgoing } from './outgoing.ts';
import { Recovery } from './recovery-state.ts';
import type { AckWork } from './recovery-work.ts';
import type { Tcb } from './tcb.ts';

const ECT0 = 2;
const CE = 3;
const ACE = Flag.ae | Flag.cwr | Flag.ece;
const NONE = new Int32Array(4);

/** RFC 9768 3.2.1: what the count of CE starts from in the ACE field, and the largest number that the field holds. */
const ACE_START = 5;
const ACE_MOST = 7;
/** Linux TCP_ACCECN_ACE_MAX_DELTA: so many CE marks that no ACK told of yet must not become more. */
const MOST_UNTOLD = 6;
/** Beyond so many octets the 24-bit counters could have gone round unseen. */
const TOO_LATE_BYTES = (1 << 23) - 1;
/** A byte counter that moved so far is told whatever the pace of options is (RFC 9768 3.2.3.3). */
const TELL_EVERY_BITS = 22;
/** Linux ACK_COMP_THRESH, in 64ths: ACKs that acknowledge more as a rule are thinned out on the way. */
const MANY_ACKED = 4 << 6;

/** What cannot be trusted, as Linux's `accecn_fail_mode` numbers it. */
export const AccEcnFail = { aceSent: 1, aceReceived: 2, optionSent: 4, optionReceived: 8 } as const;
/** What was seen of the peer's option: Linux's `saw_accecn_opt`. */
export const AccEcnSeen = { nothing: 0, empty: 1, counters: 2, zeroed: 3 } as const;

/** AE, CWR and ECE as one number. */
function aceOf(flags: number): number {
  return ((flags & Flag.ae) >> 6) | ((flags & (Flag.cwr | Flag.ece)) >> 6);
}

function aceFlags(ace: number): number {
  return ((ace & 4) << 6) | ((ace & 3) << 6);
}

/** RFC 9768 3.1.1 table 2: how the ECN field that a SYN or SYN-ACK arrived with is told to its sender. */
function echoOf(codePoint: number): number {
  return codePoint === CE ? 6 : codePoint === ECT0 ? 4 : codePoint === 1 ? 3 : 2;
}

/** The other way round; what no host sends is taken for ECT (Linux tcp_accecn_extract_syn_ect). */
const ECHOED = [2, 1, 0, 1, 2, 1, CE, 1] as const;

/** RFC 9768 3.1.2: a SYN asks for it with all three flags, and with those that later versions may give a meaning. */
function asksForAccEcn(flags: number): boolean {
  const ace = aceOf(flags);
  return ace !== 0 && ace !== 3;
}

/** Accurate ECN of one connection (RFC 9768), as Linux has it. */
class Connection implements AccEcnState {
  /** Both ends agreed to it; before, our SYN asked. */
  isOn = false;
  fail = 0;
  seen: number = AccEcnSeen.nothing;
  receivedCe = 0;
  deliveredCe = 0;
  /** Octets of text by the ECN field they came with, and by that which the peer says ours came with. */
  readonly received: Int32Array = new Int32Array(4);
  readonly delivered: Int32Array = new Int32Array(4);

  /** CE marks that no segment of ours told yet. */
  #untold = 0;
  /** ECN field of the peer's SYN or SYN-ACK, and of the segment that came last. */
  #synField = 0;
  #lastField = 0;
  /** SYN-ACKs sent; a segment with SYN came and is not answered yet. */
  #synAcks = 0;
  #synCame = false;
  /** Options that are still to be sent for what changed, with so many fields; and when the last one left. */
  #demand = 0;
  #fields = 0;
  #optionAt = 0;
  /** The counter that alone moved last: it is taken to go on so without an option; 0: none. */
  #moving = 0;
  #newerStamp = false;
  /** Segments that an ACK acknowledges, in 64ths. */
  #ackedAverage = 0;
  #toldOfDuplicate = false;
  /** The next ACK is not to wait. */
  #hasNews = false;
  /** A segment without SYN told of the peer's counter. */
  #began = false;
  #now = 0;

  /** A SYN or SYN-ACK of the peer agrees. */
  begin(env: Environment, segment: Segment): void {
    this.isOn = true;
    this.#now = env.now;
    this.#synField = segment.ecn;
    if ((segment.flags & Flag.ack) === 0) return;
    this.#synCame = true;
    if ((segment.optionKinds & OptionBit.accEcn) !== 0) {
      this.#look(segment);
      this.#demand = 2;
    }
    if (segment.ecn === CE) {
      this.receivedCe++;
      this.#untold++;
    }
  }

  arrives(env: Environment, tcb: Tcb, segment: Segment): void {
    this.#now = env.now;
    if (!this.isOn) return;
    if ((segment.flags & Flag.syn) !== 0) {
      this.#synAgain(tcb, segment);
      return;
    }
    this.#newerStamp =
      tcb.timestampsOk &&
      (segment.optionKinds & OptionBit.timestamps) !== 0 &&
      ((segment.seq - tcb.lastAckSent) | 0) <= 0 &&
      ((segment.tsVal - tcb.tsRecent) | 0) > 0;
    if (tcb.synAcked && tcb.state !== State.synReceived && isAcceptable(tcb, segment))
      this.#count(env, tcb, segment);
    // RFC 9768 3.2.3.2.2: what was repeated and reported comes a third time: it may be the option that ACKs are dropped for.
    const { seq, payloadLength } = segment;
    const isOld = payloadLength > 0 && ((seq + payloadLength - tcb.rcvNxt) | 0) <= 0;
    if (isOld && this.#toldOfDuplicate && seq === tcb.dsackLeft) this.fail |= AccEcnFail.optionSent;
  }

  /** RFC 9768 3.2.2.2: the answer tells what this one arrived with. */
  #synAgain(tcb: Tcb, segment: Segment): void {
    if (tcb.state === State.synSent) return;
    this.#synCame = true;
    this.#synField = segment.ecn;
    const handshake = tcb.state === State.synReceived;
    if (handshake && aceOf(segment.flags) === 0) this.fail |= AccEcnFail.aceReceived;
    if (!handshake && (segment.optionKinds & OptionBit.accEcn) !== 0 && this.seen < AccEcnSeen.counters) {
      this.#look(segment);
      this.#demand = Math.max(this.#demand, 1);
    }
  }

  /** RFC 9768 3.2.1: marks of all segments are counted, octets of text (Linux tcp_ecn_received_counters). */
  #count(env: Environment, tcb: Tcb, segment: Segment): void {
    const { ecn, payloadLength } = segment;
    if (ecn === CE) {
      const size = env.arrivingSize;
      const marks = size > 0 && payloadLength > size ? Math.ceil(payloadLength / size) : 1;
      env.counters.InCEPkts++;
      this.receivedCe += marks;
      this.#untold = Math.min(this.#untold + marks, 15);
    }
    if (ecn !== 0 && payloadLength > 0) {
      const before = this.received[ecn]!;
      this.received[ecn] = before + payloadLength;
      this.#fields = Math.max(this.#fields, fieldsUpTo(ecn));
      if ((before ^ this.received[ecn]!) >>> TELL_EVERY_BITS !== 0) this.#demand = Math.max(this.#demand, 1);
    }
    const changed = ecn !== this.#lastField;
    this.#lastField = ecn;
    if (changed || ecn === CE) this.#demand = 2;
    // RFC 9768 3.2.2.5.1: a change is told at once, but no ACK is sent for an ACK alone.
    if (changed) this.#hasNews = true;
    if (this.#hasNews && payloadLength > 0) tcb.ackNow = true;
  }

  acknowledged(env: Environment, tcb: Tcb, segment: Segment, work: AckWork): boolean {
    if (!this.isOn) return false;
    if (tcb.cwnd === 0) {
      if ((segment.flags & Flag.syn) === 0) this.#thirdAck(env, tcb, segment);
      return false;
    }
    if (!this.#began) this.#beginCounting(segment);
    // RFC 9768 3.2.2.1: whose handshake said nothing of ECN, its feedback counts for nothing.
    if ((this.fail & AccEcnFail.aceReceived) !== 0) return false;
    // An ACK that was overtaken, or may have been: nothing says that it is new.
    if (work.ackedBytes === 0 && work.delivered === 0 && !this.#newerStamp) return false;
    const segments = Math.ceil(work.delivered / segmentBytes(tcb));
    const ceBytes = this.delivered[CE]!;
    const isKnown = this.#takeOption(tcb, segment, work.delivered);
    if (segments > 0) this.#averageSegments(segments);
    if (this.#untold >= MOST_UNTOLD) {
      this.#hasNews = true;
      if (segment.payloadLength > 0) tcb.ackNow = true;
    }
    const delta = (aceOf(segment.flags) - ACE_START - this.deliveredCe) & ACE_MOST;
    const marks =
      segments <= ACE_MOST
        ? delta
        : isKnown
          ? likelyMarks(tcb, delta, segments, work.delivered, this.delivered[CE]! - ceBytes)
          : this.#ackedAverage > MANY_ACKED
            ? delta
            : mostMarks(delta, segments);
    this.deliveredCe += marks;
    // Where nothing is outstanding, there is no window to reduce.
    return marks > 0 && (work.delivered > 0 || tcb.sent.count > 0);
  }

  /** RFC 9768 3.2.2.4: no counter begins at zero, so something on the way clears the field. */
  #beginCounting(segment: Segment): void {
    this.#began = true;
    if (aceOf(segment.flags) === 0) this.fail |= AccEcnFail.aceReceived;
  }

  /** A moving average (Linux pkts_acked_ewma): where ACKs are always few, a large one does not hide that others were lost. */
  #averageSegments(segments: number): void {
    const average = this.#ackedAverage;
    const moved = average === 0 ? segments << 6 : (average * 63 + (segments << 6)) >> 6;
    this.#ackedAverage = Math.min(moved, 0xffff);
  }

  /** RFC 9768 3.2.2.1 table 4: what the ACK of our SYN-ACK says of it. */
  #thirdAck(env: Environment, tcb: Tcb, segment: Segment): void {
    this.#began = true;
    const ace = aceOf(segment.flags);
    if ((segment.optionKinds & OptionBit.accEcn) !== 0) this.#look(segment);
    const isBare = segment.payloadLength === 0 && segment.sackCount === 0;
    if (ace === 0) {
      if (segment.sackCount === 0) this.fail |= AccEcnFail.aceReceived | AccEcnFail.optionReceived;
    } else if (isBare && (ace === 3 || (ace & 1) === 0)) {
      if (this.#believes(tcb, ace) && ECHOED[ace] === CE) this.deliveredCe ||= 1;
    }
    if ((segment.optionKinds & OptionBit.accEcn) !== 0) this.#takeOption(tcb, segment, 0);
    this.#lastField = this.#synField;
    this.#demand = Math.max(this.#demand, 1);
    this.#count(env, tcb, segment);
  }

  /** RFC 9768 3.2.2.3: SYN and SYN-ACK leave without ECT, and that cannot become anything else on the way. */
  #believes(tcb: Tcb, ace: number): boolean {
    if (tcb.config.ecnSynRetries > 0 || ECHOED[ace] === 0) return true;
    this.fail |= AccEcnFail.aceReceived;
    return false;
  }

  /** RFC 9768 3.2.3.2.4: a field that must not be zero is. */
  #look(segment: Segment): void {
    const { bytes } = segment;
    const at = findOption(segment);
    if (at < 0) return;
    const fields = fieldsOf(bytes, at);
    if (fields === 0) this.seen = AccEcnSeen.empty;
    else if (rawField(bytes, at, 0) === 0 || (fields === 3 && rawField(bytes, at, 2) === 0)) {
      this.seen = AccEcnSeen.zeroed;
      this.fail |= AccEcnFail.optionReceived;
    } else this.seen = AccEcnSeen.counters;
  }

  /** Whether it is known how many octets were delivered with CE (Linux tcp_accecn_process_option). */
  #takeOption(tcb: Tcb, segment: Segment, bytes: number): boolean {
    if ((this.fail & AccEcnFail.optionReceived) !== 0) return false;
    const at = (segment.optionKinds & OptionBit.accEcn) !== 0 ? findOption(segment) : -1;
    if (at >= 0) return this.#takeFields(segment, at);
    if (this.seen === AccEcnSeen.nothing) {
      if (((tcb.sndNxt - tcb.iss) | 0) > TOO_LATE_BYTES) {
        this.seen = AccEcnSeen.zeroed;
        this.fail |= AccEcnFail.optionReceived;
      }
      return false;
    }
    if (this.#moving === 0) return false;
    this.delivered[this.#moving]! += bytes;
    return true;
  }

  #takeFields(segment: Segment, at: number): boolean {
    const { bytes } = segment;
    if (this.seen < AccEcnSeen.counters) this.#look(segment);
    const before = this.#moving;
    let known = before !== 0;
    let moved = 0;
    let ambiguous = false;
    for (let i = 0; i < fieldsOf(bytes, at); i++) {
      const field = fieldCodePoint(bytes, at, i);
      const delta = fieldDelta(rawField(bytes, at, i), field, this.delivered[field]!);
      this.delivered[field]! += delta;
      if (delta === 0) continue;
      if (delta < 0) ambiguous = true;
      if (field === before) continue;
      if (moved === 0) moved = field;
      else ambiguous = true;
    }
    if (moved !== 0) this.#moving = moved;
    if (ambiguous) {
      known = false;
      this.#moving = 0;
    }
    return known;
  }

  markSyn(tcb: Tcb, out: Outgoing): void {
    if (!this.isOn) return;
    const again = this.#synAcks++ > 0;
    const timeouts = again && !this.#synCame ? tcb.backoff - 1 : tcb.backoff;
    this.#synCame = false;
    // RFC 9768 3.2.3.2.2: what did not get through may have been dropped for its option, then for its flags.
    const gaveUp = tcb.passive && again && timeouts > 0;
    if (!gaveUp) out.flags |= aceFlags(echoOf(this.#synField));
    if (tcb.passive && this.#synAcks > 2) this.fail |= AccEcnFail.aceSent;
    if (tcb.config.ecnOption === 0 || (tcb.passive ? again : tcb.backoff > 1)) return;
    const { fields } = fitSyn(out);
    if (fields >= 0) writeWithOption(out, fields, NONE);
  }

  mark(env: Environment, tcb: Tcb, out: Outgoing): void {
    if (!this.isOn) return;
    if ((this.fail & (AccEcnFail.aceSent | AccEcnFail.aceReceived)) === 0) out.ecn = ECT0;
    // What is kept of the connection then knows nothing of it (Linux tcp_v4_timewait_ack).
    if (isRecord(tcb) || (tcb.orphan && tcb.state === State.timeWait && tcb.config.finWait2Record)) return;
    const isBare = out.payloadLength === 0 && (out.flags & (Flag.fin | Flag.rst)) === 0;
    const ace = this.#synCame && isBare ? echoOf(this.#synField) : this.receivedCe + ACE_START;
    out.flags = (out.flags & ~ACE) | aceFlags(ace & ACE_MOST);
    if (!this.#synCame) this.#untold = 0;
    this.#hasNews = false;
    this.#synCame = false;
    this.#now = env.now;
    if (this.#sendsOption(tcb)) this.#addOption(tcb, out);
    else this.#toldOfDuplicate = false;
  }

  #sendsOption(tcb: Tcb): boolean {
    const { ecnOption } = tcb.config;
    if (ecnOption === 0 || this.seen === AccEcnSeen.nothing) return false;
    if (ecnOption < 3 && (this.fail & AccEcnFail.optionSent) !== 0) return false;
    return ecnOption >= 2 || this.#demand > 0 || this.#isDue(tcb);
  }

  /** RFC 9768 3.2.3.3: a few times in a round trip (tcp_ecn_option_beacon). */
  #isDue({ config, srttUs }: Tcb): boolean {
    return config.ecnBeacon > 0 && (this.#now - this.#optionAt) * config.ecnBeacon >= srttUs;
  }

  #addOption(tcb: Tcb, out: Outgoing): void {
    const { fields, blocks } = fitLater(this.#fields, usedBytes(out), out.sackCount);
    if (fields < 0) {
      this.#toldOfDuplicate = false;
      return;
    }
    out.sackCount = blocks;
    writeWithOption(out, fields, this.received);
    this.#fields = 0;
    this.#optionAt = this.#now;
    this.#toldOfDuplicate = tcb.hasDsack;
    if (this.#demand > 0) this.#demand--;
  }

  bytes(tcb: Tcb, used: number, blocks: number): number {
    return this.isOn && this.#sendsOption(tcb) ? fitLater(this.#fields, used, blocks).bytes : 0;
  }
}

/** RFC 9293 3.10.7.4 (first), as Linux tcp_validate_incoming has it: what ends at the last ACK is still looked at. */
function isAcceptable(tcb: Tcb, segment: Segment): boolean {
  if ((segment.flags & (Flag.rst | Flag.ack)) !== Flag.ack) return false;
  const stamped = tcb.timestampsOk && (segment.optionKinds & OptionBit.timestamps) !== 0;
  if (stamped && ((segment.tsVal - tcb.tsRecent) | 0) < 0) return false;
  const end = segment.seq + segment.payloadLength + ((segment.flags & Flag.fin) !== 0 ? 1 : 0);
  return ((end - tcb.lastAckSent) | 0) >= 0 && ((segment.seq - tcb.rcvAdv) | 0) <= 0;
}

/** So many segments were acknowledged that the three bits may have gone round: the most marks that there can be. */
function mostMarks(delta: number, segments: number): number {
  return segments - ((segments - delta) & ACE_MOST);
}

/** The same, but the octets with CE may say that there were fewer (RFC 9768 appendix A.2; Linux __tcp_accecn_process). */
function likelyMarks(tcb: Tcb, delta: number, segments: number, bytes: number, ceBytes: number): number {
  const most = mostMarks(delta, segments);
  if (ceBytes === 0) return delta;
  const calm = tcb.recovery === Recovery.open || tcb.recovery === Recovery.cwr;
  if (segments >= 2 * (ACE_MOST + 1) && (tcb.sackOk || calm)) {
    if (bytes <= ceBytes) return most;
    return Math.min(most, delta + (Math.ceil((ceBytes * segments) / bytes) & ~ACE_MOST));
  }
  if (ceBytes > delta * smss(tcb)) return most;
  return ceBytes < (most * smss(tcb)) >> 1 ? delta : most;
}

/** Our SYN asks: once more where it was lost, then no longer (RFC 9768 3.1.4.1; Linux tcp_ecn_clear_syn). */
function askInSyn(tcb: Tcb, out: Outgoing): void {
  const { ecn, ecnSynRetries } = tcb.config;
  if (ecn === 3) {
    tcb.accEcn ??= new Connection();
    if (tcb.backoff <= Math.max(1, ecnSynRetries)) out.flags |= ACE;
  } else if (ecn === 4 && tcb.backoff <= ecnSynRetries) out.flags |= Flag.cwr | Flag.ece;
}

function markSyn(tcb: Tcb, out: Outgoing): void {
  if ((out.flags & Flag.ack) === 0) askInSyn(tcb, out);
  else (tcb.accEcn as Connection | null)?.markSyn(tcb, out);
}

/** RFC 9768 3.1.1 table 2, from both ends. */
function negotiate(env: Environment, tcb: Tcb, segment: Segment): void {
  const ace = aceOf(segment.flags);
  const { ecn } = tcb.config;
  const asked = tcb.accEcn as Connection | null;
  tcb.accEcn = null;
  if ((segment.flags & Flag.ack) === 0) {
    const mayBe = tcb.passive || asked !== null;
    tcb.ecnOk = ace === 3 && segment.ecn === 0 && (mayBe || ecn === 4);
    if (mayBe && asksForAccEcn(segment.flags)) agree(env, tcb, segment, asked);
    return;
  }
  tcb.ecnOk = ace === 1 && (asked !== null || ecn === 4);
  if (asked !== null && !tcb.ecnOk && ace !== 0 && ace !== 7) agree(env, tcb, segment, asked);
}

/** RFC 9768 5.1: the ACE field of a client that has Accurate ECN is 2 or more there (Linux cookie_accecn_ok). */
function resume(tcb: Tcb, segment: Segment): void {
  if (aceOf(segment.flags) < 2) return;
  tcb.ecnOk = false;
  const connection = new Connection();
  connection.isOn = true;
  tcb.accEcn = connection;
}

function agree(env: Environment, tcb: Tcb, segment: Segment, asked: Connection | null): void {
  const connection = asked ?? new Connection();
  connection.begin(env, segment);
  tcb.accEcn = connection;
}

/** Accurate ECN (RFC 9768), where `ecn` is 3 or more (tcp_ecn). */
export const accurateEcn: AccEcn = { markSyn, negotiate, resume };
