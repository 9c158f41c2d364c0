import type { Call, PeerPacket, Plan } from './plan.ts';

/** A packet that our TCP sent when it played the plan. */
export interface Played {
  readonly atUs: number;
  /** As packetdrill writes it, without time and direction. */
  readonly text: string;
}

/** Linux net.ipv4.tcp_wmem: what a socket takes before its buffer grows. */
const DEFAULT_SEND_BUFFER = 16_384;

interface Line {
  readonly atUs: number;
  readonly text: string;
}

/** The plan as a packetdrill script, with what our TCP sent as expected; null: not known yet, but that it shakes hands. */
export function scriptOf(plan: Plan, played: readonly Played[] | null, title: readonly string[]): string {
  const head = [...title.map((line) => `// ${line}`), ...settings(plan)];
  const inputs = plan.events.flatMap((event): Line[] =>
    event.kind === 'packet'
      ? [{ atUs: event.atUs, text: `< ${packetText(event.packet)}` }]
      : callLines(event.call, plan).map((text) => ({ atUs: event.atUs, text })),
  );
  const opening = plan.end === 'server' ? listening(plan).map((text) => ({ atUs: 0, text })) : [];
  const outputs = (played ?? handshake(plan)).map(({ atUs, text }): Line => ({ atUs, text: `> ${text}` }));
  const end = { atUs: plan.endUs, text: '`sleep 0`' };
  const lines = merge([...opening, ...inputs, end], outputs);
  let beforeUs = 0;
  const timed = lines.map(({ atUs, text }) => {
    const line = `${seconds(Math.max(0, atUs - beforeUs))} ${text}`;
    beforeUs = Math.max(beforeUs, atUs);
    return line;
  });
  return `${[...head, ...timed].join('\n')}\n`;
}

/** A script's numbers count from the SYNs, so those have to be in it. */
function handshake(plan: Plan): Played[] {
  const begins = plan.events.find(({ kind }) => kind === (plan.end === 'client' ? 'call' : 'packet'));
  if (begins === undefined) return [];
  const text =
    plan.end === 'client' ? 'S 0:0(0) <...>' : plan.listens ? 'S. 0:0(0) ack 1 <...>' : 'R. 0:0(0) ack 1';
  return [{ atUs: begins.atUs, text }];
}

/** What was sent at a moment comes behind what asked for it. */
function merge(inputs: readonly Line[], outputs: readonly Line[]): Line[] {
  const all = [
    ...inputs.map((line, i) => ({ line, i, out: 0 })),
    ...outputs.map((line, i) => ({ line, i, out: 1 })),
  ];
  return all.sort((a, b) => a.line.atUs - b.line.atUs || a.out - b.out || a.i - b.i).map(({ line }) => line);
}

function seconds(us: number): string {
  return us === 0 ? '+0' : `+${(us / 1e6).toFixed(6).replace(/\.?0+$/, '')}`;
}

function settings(plan: Plan): string[] {
  const lines = ['`sysctl -q net.ipv4.tcp_timestamps=0`'];
  if (plan.retries !== null) lines.push(`\`sysctl -q net.ipv4.${plan.retries.name}=${plan.retries.count}\``);
  return lines;
}

function listening(plan: Plan): string[] {
  const socket = 'socket(..., SOCK_STREAM, IPPROTO_TCP) = 3';
  if (!plan.listens) return [socket, 'bind(3, ..., ...) = 0'];
  return [
    socket,
    'setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0',
    ...socketOptions(plan, 3),
    'bind(3, ..., ...) = 0',
    'listen(3, 8) = 0',
  ];
}

function socketOptions(plan: Plan, fd: number): string[] {
  const lines: string[] = [];
  const set = (level: string, name: string, value: number): void => {
    lines.push(`setsockopt(${fd}, ${level}, ${name}, [${value}], 4) = 0`);
  };
  const written = plan.events.reduce(
    (sum, e) => sum + (e.kind === 'call' && e.call.name === 'write' ? e.call.bytes : 0),
    0,
  );
  if (written > DEFAULT_SEND_BUFFER) set('SOL_SOCKET', 'SO_SNDBUF', written);
  if (plan.receiveBuffer !== null) set('SOL_SOCKET', 'SO_RCVBUF', plan.receiveBuffer);
  set('SOL_TCP', 'TCP_NODELAY', 1);
  if (plan.keepAlive !== null) {
    set('SOL_SOCKET', 'SO_KEEPALIVE', 1);
    set('SOL_TCP', 'TCP_KEEPIDLE', plan.keepAlive.idle);
    set('SOL_TCP', 'TCP_KEEPINTVL', plan.keepAlive.interval);
    set('SOL_TCP', 'TCP_KEEPCNT', plan.keepAlive.count);
  }
  return lines;
}

function callLines(call: Call, plan: Plan): string[] {
  const fd = plan.end === 'server' ? 4 : 3;
  switch (call.name) {
    case 'open':
      return [
        'socket(..., SOCK_STREAM, IPPROTO_TCP) = 3',
        'fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0',
        ...socketOptions(plan, 3),
        'connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)',
      ];
    case 'accept':
      return ['accept(3, ..., ...) = 4', 'fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0'];
    case 'write':
      return [`write(${fd}, ..., ${call.bytes}) = ${call.bytes}`];
    case 'read':
      return [`read(${fd}, ..., ${call.bytes}) = ${call.bytes}`];
    case 'shutdown':
      return [`shutdown(${fd}, SHUT_WR) = 0`];
    case 'close':
      return [`close(${fd}) = 0`];
    case 'abort':
      return [`setsockopt(${fd}, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0`, `close(${fd}) = 0`];
    case 'reboot':
      return ['`reboot`'];
  }
}

function packetText(packet: PeerPacket): string {
  const { flags, seq, length, ack, window } = packet;
  const options: string[] = [];
  if (packet.mss !== null) options.push(`mss ${packet.mss}`);
  if (packet.sackPermitted) options.push('sackOK');
  if (packet.windowScale !== null) {
    if (packet.sackPermitted) options.push('nop', 'nop');
    options.push('nop', `wscale ${packet.windowScale}`);
  }
  const acks = ack === null ? '' : ` ack ${ack >>> 0}`;
  const list = options.length === 0 ? '' : ` <${options.join(',')}>`;
  return `${flags} ${seq >>> 0}:${(seq + length) >>> 0}(${length})${acks} win ${window}${list}`;
}
