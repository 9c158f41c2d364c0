const UNREACHABLE_4: readonly string[] = [
  'network unreachable',
  'host unreachable',
  'protocol unreachable',
  'port unreachable',
  'fragmentation needed',
  'source route failed',
  'network unknown',
  'host unknown',
  'source host isolated',
  'network prohibited',
  'host prohibited',
  'network unreachable for TOS',
  'host unreachable for TOS',
  'administratively prohibited',
];

const UNREACHABLE_6: readonly string[] = [
  'no route',
  'administratively prohibited',
  'beyond scope',
  'address unreachable',
  'port unreachable',
  'source address failed policy',
  'route rejected',
];

/** The error in words (RFC 792, RFC 1812 5.2.7.1, RFC 4443 3). */
export function icmpName(family: number, type: number, code: number): string {
  if (family === 4) {
    if (type === 3) return UNREACHABLE_4[code] ?? `unreachable (code ${code})`;
    return type === 11 ? 'time exceeded' : `type ${type} code ${code}`;
  }
  if (type === 1) return UNREACHABLE_6[code] ?? `unreachable (code ${code})`;
  if (type === 2) return 'packet too big';
  return type === 3 ? 'time exceeded' : `type ${type} code ${code}`;
}
