import type { ScriptIp } from '../run/expected.ts';
import type { IcmpStep, Place, StepTime } from '../run/steps.ts';
import type { Cursor } from './cursor.ts';
import { parseRange } from './packet.ts';

interface IcmpKind {
  readonly type: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. */
const UNREACHABLE: readonly string[] = [
  'net_unreachable',
  'host_unreachable',
  'protocol_unreachable',
  'port_unreachable',
  'frag_needed',
  'source_route_failed',
  'net_unknown',
  'host_unknown',
  'source_host_isolated',
  'net_prohibited',
  'host_prohibited',
  'net_unreachable_for_tos',
  'host_unreachable_for_tos',
  'packet_filtered',
  'precedence_violation',
  'precedence_cutoff',
];

const ICMP4: Readonly<Record<string, IcmpKind>> = {
  unreachable: { type: 3, codes: Object.fromEntries(UNREACHABLE.map((name, code) => [name, code])) },
  source_quench: { type: 4, codes: {} },
  redirect: { type: 5, codes: {} },
  time_exceeded: { type: 11, codes: { ttl_exceeded_in_transit: 0, frag_reass_exceeded: 1 } },
  parameter_problem: { type: 12, codes: {} },
};

/** RFC 4443. */
const ICMP6: Readonly<Record<string, IcmpKind>> = {
  unreachable: {
    type: 1,
    codes: {
      net_unreachable: 0,
      no_route: 0,
      admin_prohibited: 1,
      not_neighbour: 2,
      address_unreachable: 3,
      port_unreachable: 4,
    },
  },
  packet_too_big: { type: 2, codes: {} },
  time_exceeded: { type: 3, codes: { exceeded_hop_limit: 0, exceeded_frag_time: 1 } },
  parameter_problem: { type: 4, codes: { header_field: 0, unknown_next_header: 1, unknown_option: 2 } },
};

export interface IcmpContext {
  readonly inbound: boolean;
  readonly ip: ScriptIp;
  readonly family: 4 | 6;
  readonly time: StepTime;
  readonly place: () => Place;
}

/** `icmp unreachable frag_needed mtu 1200 [1:1001(1000)]`, from the type on. */
export function parseIcmp(cursor: Cursor, { inbound, ip, family, time, place }: IcmpContext): IcmpStep {
  if (!inbound) throw cursor.unsupported('ICMP that the host sends');
  const name = cursor.expect('word', 'a type of ICMP');
  const kinds = family === 4 ? ICMP4 : ICMP6;
  const kind = Object.hasOwn(kinds, name.text) ? kinds[name.text]! : numbered(name.text);
  if (kind === undefined) throw cursor.unsupported(`the type ${name.text} of ICMP for IPv${family}`, name);
  const code = parseCode(cursor, kind);
  const mtu = cursor.takeWord('mtu') ? cursor.number('an MTU', 0xffffffff) : 0;
  if (cursor.isWord('id')) throw cursor.unsupported('an ICMP echo');
  const { seq, payloadLength } = parseEchoed(cursor);
  return { kind: 'icmp', type: kind.type, code, mtu, seq, payloadLength, ip, time, ...place() };
}

/** `type_11`: of no name. */
function numbered(text: string): IcmpKind | undefined {
  const type = Number(/^type_(\d{1,3})$/.exec(text)?.[1] ?? 256);
  return type > 255 ? undefined : { type, codes: {} };
}

function parseCode(cursor: Cursor, kind: IcmpKind): number {
  const { kind: token, text } = cursor.token;
  if (token !== 'word' || text === 'mtu' || text === 'id') return 0;
  const number = /^code_(\d+)$/.exec(text)?.[1];
  const code = Object.hasOwn(kind.codes, text)
    ? kind.codes[text]
    : number === undefined
      ? undefined
      : Number(number);
  if (code === undefined || code > 255) throw cursor.problem(`this type of ICMP has no code "${text}"`);
  cursor.next();
  return code;
}

/** The segment that is quoted. */
function parseEchoed(cursor: Cursor): { seq: number; payloadLength: number } {
  if (!cursor.takeSign('[')) return { seq: 0, payloadLength: 0 };
  if (cursor.isWord('udp') || cursor.isWord('raw')) throw cursor.unsupported('ICMP about what is no TCP');
  const { seq, length } = parseRange(cursor);
  cursor.expectSign(']', 'behind the segment that is quoted');
  return { seq: seq ?? 0, payloadLength: length };
}
