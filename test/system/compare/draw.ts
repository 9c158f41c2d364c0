import { Random } from '../../../src/link/random.ts';
import {
  type Actor,
  client,
  clientSocket,
  connected,
  listening,
  type Match,
  type MessageFlag,
  type OptionName,
  type Scenario,
  SERVER_PORT,
  type Step,
  server,
  waiting,
} from './script.ts';

const WAITS = [10, 10, 10, 30, 60, 120, 300, 700, 1500];
const SHORT = [1, 1, 10, 100, 500];
const LONG = [30, 100, 500, 1448, 1460, 2000, 3000, 6000];
const FLAGS = 'A A A PA FA FA FPA R RA S SA F P UA RFA SFA SRA'.split(' ').concat('');
const OFFSETS = [0, 0, 0, 0, 1, -1, 100, -100, 1000, -1000, 5000, 70_000, -70_000];
const WINDOWS = [65_535, 65_535, 500, 10, 1, 0];
const HOWS = ['write', 'write', 'read', 'both'] as const;
const OPTIONS: readonly (readonly [OptionName, number | null])[] = [
  ['linger', 0],
  ['linger', null],
  ['linger2', 1],
  ['linger2', -1],
  ['noDelay', 1],
  ['cork', 1],
  ['cork', 0],
  ['quickAck', 1],
  ['quickAck', 0],
  ['userTimeout', 500],
  ['keepAlive', 1],
  ['oobInline', 1],
  ['receiveBuffer', 4096],
];

/** One end of the connection, by what its script has done so far. */
class Side {
  readonly actor: Actor;
  socket: string;
  isOpen: boolean = true;
  isHeld: boolean = false;
  sent: number = 0;
  closed: number = 0;

  constructor(actor: Actor, socket: string) {
    this.actor = actor;
    this.socket = socket;
  }
}

class Draw {
  readonly #random: Random;
  readonly #sides = [new Side(client, 'c'), new Side(server, 's')] as const;
  readonly #short: boolean;

  constructor(seed: number) {
    this.#random = new Random(seed, 'scenario');
    this.#short = this.#random.chance(0.4);
  }

  scenario(name: string): Scenario {
    const sysctl = this.#random.chance(0.6) ? { tcp_timestamps: 0 } : {};
    const steps = this.#random.chance(0.75) ? connected() : this.#opening();
    const count = 5 + this.#random.below(10);
    for (let i = 0; i < count; i++) {
      if (!this.#sides[0].isOpen && this.#random.chance(0.15)) steps.push(...this.#again(`c${i}`));
      steps.push(waiting(this.#step(), this.#pick(WAITS)));
    }
    steps.push(client.states(), server.states());
    for (const { actor, socket, isOpen } of this.#sides)
      if (isOpen) steps.push(actor.error(socket), actor.poll(socket));
    return { name, title: 'drawn at random', sysctl, steps };
  }

  /** The handshake may meet what follows; nobody accepts. */
  #opening(): Step[] {
    const [one, other] = this.#sides;
    other.isOpen = false;
    const drop = one.actor.drop(this.#match());
    return [
      ...listening(),
      ...clientSocket(),
      waiting(drop, 10),
      waiting(client.connect('c', SERVER_PORT), this.#pick(WAITS)),
    ];
  }

  /** The client connects again from the same port. */
  #again(socket: string): Step[] {
    const [one] = this.#sides;
    one.socket = socket;
    one.isOpen = true;
    one.sent = 0;
    one.closed = 0;
    return [...clientSocket(socket), waiting(client.connect(socket, SERVER_PORT), this.#pick(WAITS))];
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)]!;
  }

  #step(): Step {
    const one = this.#random.below(2);
    const side = this.#sides[one]!;
    const x = this.#random.unit();
    if (x < 0.12) return side.actor.drop(this.#match());
    if (x < 0.16) {
      side.isHeld = this.#random.chance(0.5);
      return side.isHeld ? side.actor.hold() : side.actor.release();
    }
    if (x < 0.32 && !side.isHeld) return this.#injected(side, this.#sides[1 - one]!);
    return side.isOpen ? this.#call(side) : side.actor.states();
  }

  #match(): Match {
    const any = ['none', 'none', 'all', 'fin', 'rst'] as const;
    return this.#pick<Match>(this.#short ? any : [...any, 'bare-ack', 'data']);
  }

  #injected(side: Side, other: Side): Step {
    const flags = this.#pick(FLAGS);
    return side.actor.inject({
      flags,
      seq: 1 + side.sent + this.#random.below(1 + side.closed) + this.#pick(OFFSETS),
      ack: 1 + other.sent + this.#random.below(1 + other.closed) + this.#pick(OFFSETS),
      bytes: this.#random.chance(0.3) ? this.#pick(this.#short ? SHORT : [30, 100, 500]) : 0,
      window: this.#pick(WINDOWS),
      ...(flags.includes('S') && this.#random.chance(0.5) ? { mss: 1460 } : {}),
    });
  }

  #call(side: Side): Step {
    const { actor, socket } = side;
    const x = this.#random.unit();
    if (x < 0.36) return this.#send(side);
    if (x < 0.58) return this.#receive(side);
    if (x < 0.68) {
      side.closed = 1;
      return actor.shutdown(socket, this.#pick(HOWS));
    }
    if (x < 0.78) {
      side.closed = 1;
      side.isOpen = false;
      return actor.close(socket);
    }
    if (x < 0.9) return actor.set(socket, ...this.#pick(OPTIONS));
    return this.#pick([actor.error(socket), actor.poll(socket), actor.unread(socket), actor.unacked(socket)]);
  }

  #send(side: Side): Step {
    const bytes = this.#pick(this.#short ? SHORT : LONG);
    if (side.closed === 0) side.sent += bytes;
    const x = this.#random.unit();
    const flags: MessageFlag[] = x < 0.08 ? ['oob'] : x < 0.13 ? ['more'] : [];
    return side.actor.send(side.socket, bytes, ...flags);
  }

  #receive({ actor, socket }: Side): Step {
    if (this.#random.chance(0.85)) return actor.recv(socket, this.#pick([50, 1000, 65_536]));
    return actor.recv(socket, this.#pick([1, 100, 65_536]), this.#pick(['peek', 'oob'] as const));
  }
}

/** A scenario of calls, lost, held and forged segments on one connection; the same for the same seed. */
export function draw(seed: number): Scenario {
  return new Draw(seed).scenario(`seed-${seed}`);
}
