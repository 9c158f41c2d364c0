import { compileCode } from '../python/code.ts';
import type { Executable } from '../run/execute.ts';
import type { SettingText } from '../run/settings.ts';
import type { Place, Step, StepTime } from '../run/steps.ts';
import { parseCall } from './call.ts';
import { applyConditions } from './conditions.ts';
import type { System } from './constants.ts';
import { Cursor } from './cursor.ts';
import type { Token } from './lexer.ts';
import { parsePacket } from './packet.ts';

export interface ParseOptions {
  readonly system: System;
  /** `-D NAME=VALUE`, and names alone, for `#ifdef`. */
  readonly defines: ReadonlyMap<string, string>;
  /** Of packets, where the script does not say. */
  readonly family: 4 | 6;
}

const AT_ONCE: StepTime = { kind: 'relative', us: 0, endUs: null };

/** Reads a script of packetdrill's language. Throws `ScriptError`, which names the place. */
export function parseScript(text: string, options: ParseOptions): Executable {
  const read = applyConditions(text, new Set(options.defines.keys()));
  const cursor = new Cursor(read, options.defines);
  const settings = parseSettings(cursor);
  const steps = new Events(cursor, { ...options, family: familyOf(settings) ?? options.family }).parse();
  return { settings, steps };
}

/** `--name=value`, before anything else. `--define` counts in what follows. */
function parseSettings(cursor: Cursor): SettingText[] {
  const settings: SettingText[] = [];
  while (cursor.token.kind === 'option') {
    const token = cursor.next();
    const [, name = '', value = ''] = /^--(\w+)=?([\s\S]*)$/.exec(token.text)!;
    if (name === 'define') defineAs(cursor, token, value);
    else {
      const { line, column, text } = token;
      settings.push({
        name,
        value: value.replace(/^(["`])([\s\S]*)\1$/, '$2'),
        place: { line, column, text },
      });
    }
  }
  return settings;
}

function defineAs(cursor: Cursor, token: Token, value: string): void {
  const parts = /^(\w+)=([\s\S]+)$/.exec(value);
  if (parts === null) throw cursor.problem('--define takes NAME=VALUE', token);
  cursor.define(parts[1]!, parts[2]!);
}

function familyOf(settings: readonly SettingText[]): 4 | 6 | null {
  const version = settings.find(({ name }) => name === 'ip_version')?.value;
  if (version !== undefined) return version === 'ipv6' ? 6 : 4;
  const address = settings.find(({ name }) => name === 'local_ip' || name === 'remote_ip')?.value;
  return address?.includes(':') === true ? 6 : null;
}

/** The lines of a script: a time, and what happens then. */
class Events {
  readonly #cursor: Cursor;
  readonly #options: ParseOptions;

  constructor(cursor: Cursor, options: ParseOptions) {
    this.#cursor = cursor;
    this.#options = options;
  }

  parse(): Step[] {
    const steps: Step[] = [];
    while (this.#cursor.token.kind !== 'end') steps.push(this.#event());
    return steps;
  }

  #event(): Step {
    const cursor = this.#cursor;
    const first = cursor.token;
    // The commands of a script's beginning and end have no time.
    const time = first.kind === 'command' ? AT_ONCE : this.#time();
    const step = this.#action(time, first);
    const isOutbound = step.kind === 'outbound';
    if (!isOutbound && (time.kind === 'any' || time.endUs !== null)) {
      throw cursor.problem('only packets that the host sends have "*" or a range for a time', first);
    }
    return step;
  }

  #action(time: StepTime, first: Token): Step {
    const cursor = this.#cursor;
    const place = (): Place => ({
      line: first.line,
      column: first.column,
      text: cursor.text.slice(first.start, cursor.lastEnd),
    });
    const { token } = cursor;
    if (token.kind === 'command') {
      cursor.next();
      return { kind: 'command', command: token.text, time, ...place() };
    }
    if (token.kind === 'code') {
      cursor.next();
      const code = compileCode(token.text, (message) => cursor.problem(message, token));
      return { kind: 'code', code, time, ...place() };
    }
    if (cursor.isSign('<') || cursor.isSign('>'))
      return parsePacket(cursor, time, place, this.#options.family);
    const returnsUs = cursor.takeSign('...') ? this.#microseconds() : null;
    if (cursor.token.kind !== 'word') {
      throw cursor.unexpected('a packet ("<" or ">"), a system call, a `command` or %{ code }%');
    }
    return parseCall(cursor, { time, returnsUs, system: this.#options.system, place });
  }

  /** `0.1`, `+0.1`, `0.1~0.2`, `+0.1~+0.2`, `*`. */
  #time(): StepTime {
    const cursor = this.#cursor;
    if (cursor.takeSign('*')) return { kind: 'any', us: 0, endUs: null };
    const from = cursor.token;
    const kind = cursor.takeSign('+') ? 'relative' : 'absolute';
    const us = this.#microseconds();
    if (!cursor.takeSign('~')) return { kind, us, endUs: null };
    if (kind === 'relative') cursor.expectSign('+', 'before the end of a range of times');
    const endUs = this.#microseconds();
    if (endUs < us) throw cursor.problem('this range of times ends before it begins', from);
    return { kind, us, endUs };
  }

  #microseconds(): number {
    const { kind, value } = this.#cursor.token;
    if ((kind !== 'number' && kind !== 'float') || value < 0)
      throw this.#cursor.unexpected('a time in seconds');
    this.#cursor.next();
    return Math.round(value * 1e6);
  }
}
