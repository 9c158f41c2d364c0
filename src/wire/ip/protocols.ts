/** IP protocol numbers (IANA "Protocol Numbers") that the decoder follows. */
export const Protocol = {
  hopByHop: 0,
  icmp4: 1,
  ip4: 4,
  tcp: 6,
  udp: 17,
  ip6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  ah: 51,
  icmp6: 58,
  noNext: 59,
  destination: 60,
  etherIp: 97,
  mobility: 135,
  mpls: 137,
  hip: 139,
  shim6: 140,
} as const;

/** Ethernet types (IEEE 802 numbers at IANA) that the decoder follows. */
export const EtherType = {
  ip4: 0x0800,
  erspan3: 0x22eb,
  ethernet: 0x6558,
  vlan: 0x8100,
  ppp: 0x880b,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoe: 0x8864,
  ip6: 0x86dd,
  qinq: 0x88a8,
  erspan2: 0x88be,
  oldQinq: 0x9100,
  oldQinq2: 0x9200,
} as const;
