import type { Cause } from './cause.ts';
import { hadNoSocket, strayed } from './signs/resets.ts';
import { namesOf, triggerWords } from './signs/words.ts';

export const strayAckToListener: Cause = {
  id: 'stray-ack-to-listener',
  group: 'peer-gone',
  severity: 'warning',
  title: 'a packet of an unknown connection met a listener: RST',
  summary:
    'A mid-stream segment of a connection that this host does not know reaches a port with a listener: ' +
    'RST. The other side has a connection that this side never had or has lost.',
  recognise:
    'The capture has no handshake for it: an ACK (with or without data) to a listening port, answered ' +
    'by RST of form B with seq = its ACK number. With the earlier connection in the capture it is ' +
    'peer-restarted or nat-remapped.',
  remedy:
    'Find why the flow arrives at the wrong or a forgetful host: restart, failover, load balancer that ' +
    'rehashed its targets, ECMP change, anycast shift, NAT that forgot. Drain before changing targets; ' +
    'use connection tracking or consistent hashing (Maglev) in the balancer. The peer must reconnect. ' +
    "Check: the source's flow in the balancer's table.",
  wouldSettle: [
    'a capture that begins earlier',
    "the load balancer's target changes and the host's uptime at that time",
  ],
  references: [
    'RFC 9293 section 3.10.7.2 (LISTEN: any ACK is bad, send RST)',
    'Linux: tcp_rcv_state_process (TCP_LISTEN, reason TCP_FLAGS)',
  ],
  scenario: 'stray-segment',
  kinds: ['rst', 'refused', 'open'],
  // An RST that answers nothing here is itself the stray.
  fit: (k) => {
    if (!hadNoSocket(k) || !strayed(k) || k.reset!.record.trigger === null) return 0;
    // Where the other end was heard before, the capture may have begun too late to show this one.
    return k.receiver!.segments > k.receiver!.resets + 1 ? 0.5 : 0.9;
  },
  story: (k) => {
    const { sender, receiver } = namesOf(k);
    return `The capture has no earlier packet of this connection from the ${sender}; its RST answers ${triggerWords(k)}, so the ${receiver} believes in a connection that the ${sender} does not know.`;
  },
};
