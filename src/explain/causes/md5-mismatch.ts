import { OptionBit } from '../../wire/segment.ts';
import { formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { othersAccepted, synOnly } from './signs/opening.ts';
import { neverArrived } from './signs/peer.ts';

export const md5Mismatch: Cause = {
  id: 'md5-mismatch',
  group: 'connect',
  severity: 'error',
  title: 'TCP-MD5 / TCP-AO keys do not match: SYNs dropped',
  summary:
    'One side demands a TCP-MD5 (or TCP-AO) signature and the other one sends none or a wrong one: the ' +
    'segments are dropped silently, connect() ends with ETIMEDOUT.',
  recognise:
    'SYNs without an answer, as syn-filtered. A signature option (kind 19, or 29 for AO) in the SYN or ' +
    "in the server's other traffic, and port 179 (BGP), make it likely; the counters prove it.",
  remedy:
    'Configure the same key on both ends (BIRD `password`, FRR `neighbor ... password`, LDP). The key ' +
    "is bound to the peer's address: NAT, a second address or an IPv4-mapped address makes it miss. " +
    'Check: TCPMD5NotFound, TCPMD5Unexpected and TCPMD5Failure stand still.',
  wouldSettle: ['TCPMD5NotFound, TCPMD5Unexpected, TCPMD5Failure on both ends: `nstat -az`'],
  references: ['RFC 2385', 'RFC 5925 (TCP-AO)', 'tcp(7), TCP_MD5SIG', 'Linux: tcp_inbound_md5_hash'],
  scenario: 'connect-fails',
  kinds: ['connect-timeout'],
  fit: (k) => (synOnly(k) && !neverArrived(k) && !othersAccepted(k) ? 0.4 : 0),
  story: (k) =>
    `The SYN, sent ${formatTimes(k.client.syns)}, carried ${(k.client.optionKinds & OptionBit.md5) === 0 ? 'no' : 'a'} TCP-MD5 option; a listener that demands one would drop it like this.`,
};
