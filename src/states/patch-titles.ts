/** What each patch of `profiles.ts` changes, by its name. */
export const PATCH_TITLES: Readonly<Record<string, string>> = {
  'socket-calls': 'a listening socket neither sends nor connects',
  'timed-fin-wait-2': 'FIN-WAIT-2 without a reader ends by itself',
  'time-wait-limit': 'TIME-WAIT ends early where too many wait',
  'linux-handshake':
    'SYN+FIN is dropped, a repeated SYN gets the SYN-ACK again, any ICMP error ends a connect',
  'linux-connection':
    'EPIPE after a reset in CLOSE-WAIT, RST after keepalive, RST where an abort drops unsent data',
  'linux-orphans': 'orphans beyond the limit are reset; an orphan in FIN-WAIT-2 vanishes',
  'linux-time-wait': 'any acceptable ACK starts TIME-WAIT again, only an exact RST is looked at',
  'freebsd-unread': 'close with unread data sends FIN, not RST',
  'freebsd-give-up': 'giving up sends RST',
  'freebsd-time-wait':
    'TIME-WAIT ignores every RST and acknowledges whatever else is not a bare duplicate ACK',
  rfc1337: 'an RST does not end TIME-WAIT',
  'freebsd-reset': 'an RST after both ends have closed is told to whoever still holds the socket',
  'insecure-reset': 'as before RFC 5961, an RST counts anywhere in the window',
  'insecure-syn': 'as before RFC 5961, a SYN in the window ends the connection',
  'icmp-is-advice': 'a hard ICMP error does not end SYN-SENT',
  'time-wait-reuse': 'an active OPEN may take over a TIME-WAIT of the same four-tuple',
  'abort-on-overflow': 'the ACK of the handshake gets an RST where the accept queue is full',
};
