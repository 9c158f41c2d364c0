import { parseAddress } from '../../wire/index.ts';
import { Complaint, unsupported, wrong } from '../calls/value.ts';
import type { Place } from './steps.ts';
import type { Tolerance } from './timing.ts';

/** What options of the script and of the command line set, with packetdrill's defaults. */
export interface Settings {
  readonly ipVersion: 'ipv4' | 'ipv6' | 'ipv4-mapped-ipv6';
  /** Of packets on the wire. */
  readonly family: 4 | 6;
  /** Of sockets made with `...`. */
  readonly socketFamily: 4 | 6;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly bindPort: number;
  readonly connectPort: number;
  readonly mtu: number;
  readonly tolerance: Tolerance;
  /** Microseconds of a tick of the timestamps that we send; 0: their values are not looked at. */
  readonly timestampTickUs: number;
  /** Inbound packets that are larger came as so many segments put together (GRO); 0: they came as they are. */
  readonly mss: number;
  /** Timestamps echoed by the script may lie between those that we sent. */
  readonly scaledEcho: boolean;
  /** One expected packet is one packet sent; otherwise several in a row may make it up. */
  readonly strictSegments: boolean;
  /** An address as a socket of the script's family takes it. */
  readonly mapped: (address: string) => string;
}

export interface SettingText {
  readonly name: string;
  /** '' for options without a value. */
  readonly value: string;
  readonly place: Place;
}

type Draft = { -readonly [K in keyof Settings]?: Settings[K] };

const NUMBER = /^\d+(\.\d+)?$/;

function number(name: string, value: string, least: number, most: number): number {
  const result = Number(value);
  if (!NUMBER.test(value) || result < least || result > most) {
    throw wrong(`--${name} takes a number from ${least} to ${most}, not "${value}"`);
  }
  return result;
}

function address(name: string, value: string): string {
  const text = value.replace(/\/\d+$/, '');
  if (parseAddress(text) === null) throw wrong(`--${name} takes an IP address, not "${value}"`);
  return text;
}

/** Options that mean something here. */
const SETTERS: Readonly<Record<string, (draft: Draft, value: string, name: string) => void>> = {
  ip_version: (draft, value) => {
    if (value !== 'ipv4' && value !== 'ipv6' && value !== 'ipv4-mapped-ipv6') {
      throw wrong(`--ip_version takes ipv4, ipv6 or ipv4-mapped-ipv6, not "${value}"`);
    }
    draft.ipVersion = value;
  },
  bind_port: (draft, value, name) => {
    draft.bindPort = number(name, value, 1, 65_535);
  },
  connect_port: (draft, value, name) => {
    draft.connectPort = number(name, value, 1, 65_535);
  },
  local_ip: (draft, value, name) => {
    draft.localAddress = address(name, value);
  },
  remote_ip: (draft, value, name) => {
    draft.remoteAddress = address(name, value);
  },
  mtu: (draft, value, name) => {
    draft.mtu = number(name, value, 68, 65_535);
  },
  tolerance_usecs: (draft, value, name) => {
    draft.tolerance = { us: number(name, value, 1, 1e9), percent: draft.tolerance?.percent ?? -1 };
  },
  tolerance_percent: (draft, value, name) => {
    draft.tolerance = { us: draft.tolerance?.us ?? -1, percent: number(name, value, 0, 100) };
  },
  tcp_ts_tick_usecs: (draft, value, name) => {
    draft.timestampTickUs = number(name, value, 0, 1_000_000);
  },
  tcp_ts_ecr_scaled: (draft) => {
    draft.scaledEcho = true;
  },
  mss: (draft, value, name) => {
    draft.mss = number(name, value, 1, 65_535);
  },
  strict_segments: (draft) => {
    draft.strictSegments = true;
  },
};

/** They are about the machine that packetdrill runs on. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'gateway_ip',
  'netmask_ip',
  'speed',
  'verbose',
  'v',
  'debug',
  'dry_run',
  'persistent_tun_dev',
  'tun_dev',
  'code_command',
  'code_format',
  'code_sockopt',
  'send_omit_free',
  'no_cleanup',
]);

export function readSettings(options: readonly SettingText[], percent: number): Settings {
  const draft: Draft = {};
  for (const option of options) {
    try {
      set(draft, option);
    } catch (error) {
      if (error instanceof Complaint) error.place = option.place;
      throw error;
    }
  }
  return complete(draft, percent);
}

function set(draft: Draft, { name, value }: SettingText): void {
  const setter = Object.hasOwn(SETTERS, name) ? SETTERS[name] : undefined;
  if (setter !== undefined) setter(draft, value, name);
  else if (!WITHOUT_EFFECT.has(name)) throw unsupported(`the option --${name}`);
}

function complete(draft: Draft, percent: number): Settings {
  const ipVersion = draft.ipVersion ?? versionOf(draft) ?? 'ipv4';
  const family = ipVersion === 'ipv6' ? 6 : 4;
  const tolerance = draft.tolerance;
  return {
    ipVersion,
    family,
    socketFamily: ipVersion === 'ipv4' ? 4 : 6,
    localAddress: draft.localAddress ?? (family === 4 ? '192.168.0.1' : 'fd3d:fa7b:d17d::1'),
    remoteAddress: draft.remoteAddress ?? (family === 4 ? '192.0.2.1' : '2001:db8::1'),
    bindPort: draft.bindPort ?? 8080,
    connectPort: draft.connectPort ?? 8080,
    mtu: draft.mtu ?? 1500,
    tolerance: {
      us: tolerance === undefined || tolerance.us < 0 ? 4000 : tolerance.us,
      percent: tolerance === undefined || tolerance.percent < 0 ? percent : tolerance.percent,
    },
    timestampTickUs: draft.timestampTickUs ?? 0,
    mss: draft.mss ?? 0,
    scaledEcho: draft.scaledEcho ?? false,
    strictSegments: draft.strictSegments ?? false,
    mapped: (text) => (ipVersion === 'ipv4-mapped-ipv6' && !text.includes(':') ? `::ffff:${text}` : text),
  };
}

/** The addresses tell, where the script does not. */
function versionOf(draft: Draft): Settings['ipVersion'] | null {
  const text = draft.localAddress ?? draft.remoteAddress;
  if (text === undefined) return null;
  return text.includes(':') ? 'ipv6' : 'ipv4';
}
