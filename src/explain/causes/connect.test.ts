import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake } from '../../../test/support/trace.ts';

const SILENT = '1000 C again\n2000 C again';
const answeredLate = (how: string, delay: number) => (r: number) =>
  `0 C SYN ${how}
  ${delay + r} S SYN ACK ${how}
  0.1 C RST`;
const unheard = () => `0 C SYN\n${SILENT}`;
const unheardAmongOthers = (r: number) => `${handshake(r)}
  0 C SYN port=50001
  ${SILENT}`;
const refused = (r: number) => `0 C SYN
  ${r} S RST ACK seq=-9000000 win=0`;
const refusedElsewhere = (ttl: number) => (r: number) =>
  `${handshake(r)}
  0 C SYN port=50001
  ${r} S RST ACK absack=396960920 win=0 ttl=${ttl}`;
const icmp = (what: string) => () => `0 C SYN\n1 ICMP ${what}`;
const atOnce = (r: number) => `${handshake(r)}
  ${r} S RST`;
const ignored = (r: number) => `${handshake(r)}
  1 C PSH ACK 40
  1000 S SYN ACK seq=-1 ack=-40
  0.1 C ACK
  100 C PSH ACK 40 seq=-40
  2000 S SYN ACK seq=-1 ack=-40
  0.1 C ACK
  3000 C PSH ACK 40 seq=-40
  ${r} S RST`;
const wasted = (r: number) => `${handshake(r)}
  1 C PSH ACK 40
  1000 C PSH ACK 40 seq=-40
  5000 C PSH ACK 40 seq=-40
  30000 C PSH ACK 40 seq=-40
  60000 C PSH ACK 40 seq=-40
  120000 C PSH ACK 40 seq=-40
  ${r} S RST`;
const flight = (resets: string) => (r: number) =>
  `${handshake(r)}
  0.1 C ACK 1448
  0.01 C PSH ACK 57
  ${r} S RST
  ${resets}`;
const closing = (r: number) => `50 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK`;
const deferred = (r: number) => `${handshake(r)}
  1000 S SYN ACK seq=-1
  0.1 C ACK
  500 C PSH ACK 40
  ${r} S PSH ACK 100
  0.1 C ACK
  ${closing(r)}`;
const queued = (r: number) => `${handshake(r)}
  500 S RST ACK`;
const served = (r: number) => `${exchange(r)}
  500 S RST ACK`;
const thirdPacket = (beyond: number) => (r: number) =>
  `0 C SYN
  ${r} S SYN ACK
  0.05 C ACK ack=${beyond}
  ${beyond === 0 ? '' : `${r} S RST seq=${beyond}`}
  0.1 C PSH ACK 40
  ${r} S ACK
  0.1 S PSH ACK 100
  0.1 C ACK
  ${closing(r)}`;
const strangeAnswer = (answer: string) => (r: number) =>
  `0 C SYN
  ${answer}
  10 C SYN isn=1000000
  ${r} S SYN ACK
  0.05 C ACK
  0.1 C PSH ACK 40
  ${r} S PSH ACK 100
  0.1 C ACK
  ${closing(r)}`;
const bothOpen = (r: number) => `0 C SYN
  ${r / 2} S SYN
  ${r / 2} S SYN ACK seq=-1
  0.1 C SYN ACK seq=-1
  10 C PSH ACK 10
  ${r} S ACK
  ${closing(r)}`;
const ordinary = (r: number) => `${exchange(r)}
  ${closing(r)}`;

describe('connect', () => {
  itShows('abort-in-syn-sent', "a kernel's SYN and a late SYN-ACK", answeredLate('', 2500));
  itIsNot('abort-in-syn-sent', 'a SYN without options', answeredLate('bare', 0));
  itShows('syn-scan', 'a SYN without options', answeredLate('bare', 0));
  itIsNot('syn-scan', "a kernel's SYN and a late SYN-ACK", answeredLate('', 2500));

  itShows('accept-queue-full-abort', 'RST without ACK flag right after the handshake', atOnce);
  itIsNot('accept-queue-full-abort', 'a live socket resets later', queued);

  itShows('accept-queue-full-ack-ignored', 'SYN-ACK again and no data taken', ignored);
  itIsNot('accept-queue-full-ack-ignored', 'the data is taken when it comes', deferred);
  itShows('accept-queue-full-ack-ignored', 'nothing was ever taken, and RST after minutes', wasted);
  itShows('accept-queue-full-ack-ignored', 'one RST to a flight of several segments', flight(''));
  itIsNot(
    'accept-queue-full-ack-ignored',
    'each segment of it gets an RST',
    flight('0.01 S RST\n0.01 S RST'),
  );
  itShows('defer-accept', 'SYN-ACK again until the client speaks', deferred);
  itIsNot('defer-accept', 'the data is not taken either', ignored);

  itShows('accept-queue-full', 'the port accepts others', unheardAmongOthers, { flow: 1 });
  itIsNot('accept-queue-full', 'the port never answered', unheard);
  itShows('accept-queue-full', 'the port never answered', unheard, { beside: true });
  itShows('syn-filtered', 'the port never answered', unheard);
  itIsNot('syn-filtered', 'the port accepts others', unheardAmongOthers, { flow: 1 });
  itShows('md5-mismatch', 'the port never answered', unheard, { beside: true });
  itIsNot('md5-mismatch', 'the port accepts others', unheardAmongOthers, { flow: 1 });

  itShows('port-closed', 'RST of form C', refused);
  itIsNot('port-closed', 'the RST comes from nearer than the server', refusedElsewhere(64), {
    flow: 1,
    serverHops: 8,
  });
  itShows('firewall-reject-reset', 'the RST comes from nearer than the server', refusedElsewhere(64), {
    flow: 1,
    serverHops: 8,
  });
  itIsNot('firewall-reject-reset', "the RST has the server's own TTL", refusedElsewhere(56), {
    flow: 1,
    serverHops: 8,
  });

  itShows('host-unreachable', 'ICMP host unreachable', icmp('3/1'));
  itIsNot('host-unreachable', 'ICMP port unreachable', icmp('3/3'));
  itShows('icmp-admin-prohibited', 'ICMP administratively prohibited', icmp('3/13'));
  itIsNot('icmp-admin-prohibited', 'ICMP host unreachable', icmp('3/1'));
  itShows('icmp-port-unreachable', 'ICMP port unreachable', icmp('3/3'));
  itIsNot('icmp-port-unreachable', 'ICMP administratively prohibited', icmp('3/13'));

  itShows('listener-closed-with-queue', 'a connection that the server never spoke on', queued);
  itIsNot('listener-closed-with-queue', 'the server had answered', served);

  itShows('bad-handshake-ack', 'the third packet acknowledges too much', thirdPacket(1000));
  itIsNot('bad-handshake-ack', 'the third packet is right', thirdPacket(0));

  itShows(
    'bad-ack-in-syn-sent',
    'an ACK of something else',
    strangeAnswer('5 S ACK ack=5000 seq=-300\n0.1 C RST seq=5000'),
  );
  itIsNot('bad-ack-in-syn-sent', 'the SYN was lost', strangeAnswer('1000 C SYN isn=1000000'));

  itShows('simultaneous-open', 'the SYNs crossed', bothOpen);
  itIsNot('simultaneous-open', 'one end called', ordinary);
});
