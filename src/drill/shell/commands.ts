import { changeRoute, type RouteChange, type SocketRow, STATE_NAMES } from '../../host/index.ts';
import { dd, rm, truncate } from './files.ts';
import { type Command, DONE, type Ended, ended, type Machine } from './machine.ts';
import { FREEBSD_SYSCTLS } from './sysctl-freebsd.ts';
import { LINUX_DEFAULTS, LINUX_SYSCTLS, type Sysctl } from './sysctl-linux.ts';

function unsupported(what: string): Ended {
  return { unsupported: what };
}

/** `net.ipv4.tcp_sack`, `net.inet.tcp.sack.enable`, and files below /proc/sys. */
function sysctlOf(name: string): Sysctl | undefined {
  const dotted = name.replace(/^\/proc\/sys\//, '').replaceAll('/', '.');
  const linux = /^net\.(?:ipv4|core)\.(\w+)$/.exec(dotted)?.[1];
  if (linux !== undefined) return LINUX_SYSCTLS[linux];
  const freebsd = /^(?:net\.inet6?|kern)\.(.+)$/.exec(dotted)?.[1];
  return freebsd === undefined ? undefined : FREEBSD_SYSCTLS[freebsd];
}

function setSysctls(settings: readonly string[], machine: Machine): Ended {
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 0) return unsupported(`reading the sysctl ${setting}`);
    const name = setting.slice(0, at).trim();
    if (setFastOpen(name, setting.slice(at + 1).trim(), machine)) continue;
    const changes = sysctlOf(name)?.(setting.slice(at + 1).trim());
    if (changes === undefined) return unsupported(`the sysctl ${name}`);
    if (changes === null) return unsupported(`this value of the sysctl ${name}`);
    machine.configure(changes);
  }
  return DONE;
}

/** What TCP Fast Open has is no part of the TCP's configuration. */
function setFastOpen(name: string, value: string, { fastOpen }: Machine): boolean {
  const what = /\bnet[./]ipv4[./]tcp_fastopen(_key)?$/.exec(name);
  if (what === null || fastOpen === null) return false;
  if (what[1] === undefined) {
    if (!Number.isInteger(Number(value))) return false;
    fastOpen.enabled = Number(value);
    return true;
  }
  const keys = value.split(',').map((key) => key.split('-'));
  if (!keys.every((words) => words.length === 4 && words.every((word) => /^[\da-f]{1,8}$/i.test(word))))
    return false;
  const bytes = new DataView(new ArrayBuffer(16 * keys.length));
  for (const [i, word] of keys.flat().entries()) bytes.setUint32(4 * i, Number.parseInt(word, 16), true);
  return fastOpen.setKey(new Uint8Array(bytes.buffer)) === 0;
}

const sysctl: Command = (args, _input, machine) => {
  const settings = args.filter((arg) => !/^-[a-zA-Z]+$/.test(arg));
  // `name = value`, as sysctl.conf has it.
  const joined = settings.join(' ').replace(/\s*=\s*/g, '=');
  const parts = settings.every((setting) => setting.includes('=')) ? settings : [joined];
  return setSysctls(parts, machine);
};

const defaults: Command = (_args, _input, machine) => {
  const settings = LINUX_DEFAULTS.map(([name, value]) => `net.ipv4.${name}=${value}`);
  machine.fastOpen?.forget();
  setSysctls(settings, machine);
  return DONE;
};

/** Ours: the host loses all memory of its connections, as after a power failure. */
const reboot: Command = (_args, _input, machine) => {
  machine.host.crash();
  return DONE;
};

const restore: Command = (_args, _input, machine) => {
  machine.restore();
  return DONE;
};

const done: Command = () => DONE;

const ip: Command = (args, _input, machine) => {
  if (args[0] === 'tcp_metrics' && args[1] === 'flush') {
    machine.fastOpen?.forget();
    return DONE;
  }
  if (args[0] === 'link') return DONE;
  const route = args[0] === '-6' || args[0] === '-4' ? args.slice(1) : args;
  if (route[0] === 'route' && /^(add|change|replace)$/.test(route[1] ?? '')) {
    const change = routeChange(route.slice(3));
    if (change !== null) {
      changeRoute(machine.host, change);
      return DONE;
    }
  }
  return unsupported(`ip ${args.join(' ')}`);
};

/** What follows the destination: all of a script's packets take that way. `advmss` is what the MTU says, or less is not known here. */
function routeChange(words: readonly string[]): RouteChange | null {
  let mtu: number | undefined;
  let initialWindowSegments: number | undefined;
  let announced = 0;
  for (let i = 0; i < words.length; i += 2) {
    const word = words[i]!;
    if (word === 'mtu' && words[i + 1] === 'lock') i++;
    const value = words[i + 1];
    const number = Number(value);
    if (word === 'via' || word === 'dev') continue;
    if (!(number > 0)) return null;
    if (word === 'mtu') mtu = number;
    else if (word === 'initcwnd') initialWindowSegments = number;
    else if (word === 'advmss') announced = number;
    else return null;
  }
  if (announced > 0 && (mtu === undefined || announced < mtu - 60)) return null;
  return {
    ...(mtu !== undefined && { mtu }),
    ...(initialWindowSegments !== undefined && { initialWindowSegments }),
  };
}

/** A queue that drops nothing and does not pace is how packets leave anyway. */
const tc: Command = (args) => {
  const text = args.join(' ');
  if (/^qdisc (add|replace|del|delete) .*\bpfifo(_fast)?$/.test(text)) return DONE;
  if (/^qdisc (add|replace) .*\bfq$/.test(text)) return DONE;
  if (/^qdisc (del|delete) \S+ \S+ root$/.test(text)) return DONE;
  return unsupported(`tc ${text}`);
};

/** FreeBSD: `-s` adds the state, `-p` picks a port. */
const sockstat: Command = (args, _input, machine) => {
  let port: number | null = null;
  let family: number | null = null;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-4' || arg === '-6') family = Number(arg[1]);
    else if (arg === '-p') port = Number(args[++i]);
    else if (arg === '-P') i++;
    else if (!/^-[sclLnqw]+$/.test(arg)) return unsupported(`sockstat ${args.join(' ')}`);
  }
  const rows = listing(machine).filter(
    ({ row }) =>
      (family === null || row.family === family) &&
      (port === null || row.localPort === port || row.remotePort === port),
  );
  return ended(
    0,
    rows.map(
      ({ row, owner }) =>
        `${owner === '' ? '?        ?          ?     ?' : 'root     packetdril 1     3'}  tcp${row.family}   ` +
        `${endpoint(row.localAddress, row.localPort)} ${endpoint(row.remoteAddress, row.remotePort)} ${bsdState(row.state)}`,
    ),
  );
};

/** Linux: `ss -tan`. */
const ss: Command = (args, _input, machine) => {
  if (!args.every((arg) => /^-[tanoepi46H]+$/.test(arg))) return unsupported(`ss ${args.join(' ')}`);
  return ended(
    0,
    machine.host
      .sockets()
      .map(
        (row) =>
          `${ssState(row.state)} ${row.recvQ} ${row.sendQ} ` +
          `${endpoint(row.localAddress, row.localPort)} ${endpoint(row.remoteAddress, row.remotePort)}`,
      ),
  );
};

function endpoint(address: string, port: number): string {
  return port === 0 ? '*:*' : `${address}:${port}`;
}

function bsdState(state: string): string {
  if (state === 'SYN-RECEIVED') return 'SYN_RCVD';
  return state.replace(/^FIN-WAIT-/, 'FIN_WAIT_').replaceAll('-', '_');
}

function ssState(state: string): string {
  const names: Readonly<Record<string, string>> = {
    ESTABLISHED: 'ESTAB',
    'SYN-RECEIVED': 'SYN-RECV',
    CLOSED: 'UNCONN',
  };
  return names[state] ?? state;
}

interface Listed {
  readonly row: SocketRow;
  readonly owner: string;
}

/** All sockets; the script's own ones once, as theirs. */
function listing(machine: Machine): Listed[] {
  const owned = machine.owned();
  const taken = new Set(owned.map(keyOf));
  const others = machine.host.sockets().filter((row) => !taken.has(keyOf(row)));
  return [
    ...owned.map((row) => ({ row, owner: 'packetdril' })),
    ...others.map((row) => ({ row, owner: '' })),
  ];
}

function keyOf(row: SocketRow): string {
  return `${row.localAddress} ${row.localPort} ${row.remoteAddress} ${row.remotePort}`;
}

/** FreeBSD: the connections in a state are gone, without a word. */
const tcpdrop: Command = (args, _input, machine) => {
  if (args.length !== 2 || args[0] !== '-s') return unsupported(`tcpdrop ${args.join(' ')}`);
  const state = STATE_NAMES.find((name) => bsdState(name) === args[1]!.toUpperCase());
  if (state === undefined) return unsupported(`tcpdrop -s ${args[1]}`);
  machine.drop(state);
  return DONE;
};

const nstat: Command = (args, _input, machine) => {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const rows = machine
    .counterDeltas()
    .filter(([name, delta]) => (names.length === 0 ? delta !== 0 : names.includes(name)));
  return ended(
    0,
    rows.map(([name, delta]) => `${name} ${delta} 0.0`),
  );
};

/** Steps of matching one line, at most. */
const MOST_STEPS = 1e7;

/** Each repetition may start and end anywhere; a repeated group may do so within itself. */
function isTame(pattern: string, input: readonly string[]): boolean {
  const longest = input.reduce((most, { length }) => Math.max(most, length), 1);
  const repetitions = pattern.match(/[*+{]/g)?.length ?? 0;
  return !/\)[*+{]/.test(pattern) && longest ** (repetitions + 1) <= MOST_STEPS;
}

const grep: Command = (args, input) => {
  let counts = false;
  let inverted = false;
  let quiet = false;
  let ignoreCase = false;
  const words: string[] = [];
  for (const arg of args) {
    if (/^-[cvqEiwF]+$/.test(arg)) {
      counts ||= arg.includes('c');
      inverted ||= arg.includes('v');
      quiet ||= arg.includes('q');
      ignoreCase ||= arg.includes('i');
    } else words.push(arg);
  }
  const [pattern, ...files] = words;
  if (pattern === undefined) return unsupported('grep without a pattern');
  if (files.length > 0) return unsupported(`grep in ${files.join(' ')}`);
  if (!isTame(pattern, input)) return unsupported(`the pattern ${pattern}`);
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, ignoreCase ? 'i' : '');
  } catch {
    return unsupported(`the pattern ${pattern}`);
  }
  const found = input.filter((line) => expression.test(line) !== inverted);
  const status = found.length > 0 ? 0 : 1;
  if (quiet) return ended(status);
  return ended(status, counts ? [String(found.length)] : found);
};

const wc: Command = (args, input) =>
  args.length === 1 && args[0] === '-l'
    ? ended(0, [String(input.length)])
    : unsupported(`wc ${args.join(' ')}`);

const sleep: Command = (args, _input, machine) => {
  if (args.length !== 1 || !/^\d*\.?\d+$/.test(args[0]!)) return unsupported(`sleep ${args.join(' ')}`);
  machine.sleep(Math.round(Number(args[0]) * 1_000_000));
  return DONE;
};

const test: Command = (args) => {
  const [left, operator, right] = args;
  if (right?.endsWith(']') === true && args.length > 4) return unsupported(`test ${args.join(' ')}`);
  if (operator === '=' || operator === '==' || operator === '-eq') return ended(left === right ? 0 : 1);
  if (operator === '!=' || operator === '-ne') return ended(left === right ? 1 : 0);
  return unsupported(`test ${args.join(' ')}`);
};

/** /proc/net/tcp: state and ports as there, in hexadecimal. */
const cat: Command = (args, input, machine) => {
  if (args.length === 0) return ended(0, input);
  const lines: string[] = [];
  for (const file of args) {
    const family = file === '/proc/net/tcp' ? 4 : file === '/proc/net/tcp6' ? 6 : null;
    if (family === null) return unsupported(`cat ${file}`);
    lines.push(...procNetTcp(machine, family));
  }
  return ended(0, lines);
};

const PROC_STATES: Readonly<Record<string, string>> = {
  ESTABLISHED: '01',
  'SYN-SENT': '02',
  'SYN-RECEIVED': '03',
  'FIN-WAIT-1': '04',
  'FIN-WAIT-2': '05',
  'TIME-WAIT': '06',
  CLOSED: '07',
  'CLOSE-WAIT': '08',
  'LAST-ACK': '09',
  LISTEN: '0A',
  CLOSING: '0B',
};

function procNetTcp(machine: Machine, family: number): string[] {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  return machine.host
    .sockets()
    .filter((row) => row.family === family)
    .map(
      (row, i) =>
        `   ${i}: ${row.localAddress}:${hex(row.localPort)} ${row.remoteAddress || '00000000'}:${hex(row.remotePort)} ${PROC_STATES[row.state]} `,
    );
}

const grepFiles: Command = (args, input, machine) => {
  const files = args.filter((arg) => arg.startsWith('/proc/net/'));
  if (files.length === 0) return grep(args, input, machine);
  const text = cat(files, [], machine);
  if ('unsupported' in text) return text;
  return grep(
    args.filter((arg) => !arg.startsWith('/proc/net/')),
    text.lines,
    machine,
  );
};

/** What stands for each command, by the last part of its path. */
const COMMANDS: Readonly<Record<string, Command>> = {
  sysctl,
  'defaults.sh': defaults,
  'set_sysctls.py': (args, _input, machine) => setSysctls(args, machine),
  ip,
  tc,
  sockstat,
  ss,
  tcpdrop,
  nstat,
  grep: grepFiles,
  egrep: grepFiles,
  wc,
  cat,
  sleep,
  test,
  true: done,
  ':': done,
  echo: (args) => ended(0, [args.join(' ')]),
  ethtool: done,
  dd,
  truncate,
  rm,
  reboot,
};

export function commandOf(word: string): Command | undefined {
  const name = word.slice(word.lastIndexOf('/') + 1);
  if (/^sysctl_restore_\w*\.sh$/.test(name)) return restore;
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}
