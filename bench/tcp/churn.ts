import type { Socket } from '../../src/host/index.ts';
import { TwoHosts } from './two-hosts.ts';

const TIME_WAIT_US = 60_000_000;
const PORTS = 28_232;

export interface ChurnResult {
  readonly perSecond: number;
  /** TIME-WAIT entries while it ran. */
  readonly timeWait: number;
  /** Memory of one of them, everything counted. */
  readonly timeWaitBytes: number;
}

/**
 * Connect, one octet each way, close, as often as can be while `timeWait` entries are alive: virtual time goes on so that as
 * many end as begin. Beyond the ports of one destination several are used.
 */
export function churn(connections: number, timeWait: number): ChurnResult {
  const pair = new TwoHosts({ trusted: true, superSegmentBytes: 0 });
  // Linux drops what is beyond tcp_max_tw_buckets.
  pair.client.setConfig({ maxTimeWait: timeWait * 2 + 1 });
  const destinations = Math.ceil((timeWait * 1.2) / PORTS) || 1;
  const listeners = Array.from({ length: destinations }, (_, i) => listen(pair, 80 + i));
  const stepUs = timeWait === 0 ? TIME_WAIT_US * 2 : Math.floor(TIME_WAIT_US / timeWait);
  const octet = Uint8Array.of(0x61);
  const once = (n: number): void => {
    const at = n % destinations;
    converse(pair, listeners[at]!, 80 + at, octet);
    pair.advance(stepUs);
  };
  for (let n = 0; n < timeWait; n++) once(n);
  const alive = pair.client.timeWaitCount;
  const timeWaitBytes = pair.client.timeWait.bytes / alive;
  const began = performance.now();
  for (let n = 0; n < connections; n++) once(n);
  return { perSecond: connections / ((performance.now() - began) / 1000), timeWait: alive, timeWaitBytes };
}

function listen(pair: TwoHosts, port: number): Socket {
  const listener = pair.server.socket(4);
  listener.bind('10.0.0.2', port);
  listener.listen(128);
  return listener;
}

function converse(pair: TwoHosts, listener: Socket, port: number, octet: Uint8Array): void {
  const client = pair.client.socket(4);
  const connected = client.connect('10.0.0.2', port);
  if (connected !== 0 && connected !== -115) throw new Error(`connect returned ${connected}`);
  pair.exchange();
  pair.exchange();
  const server = listener.accept();
  if (typeof server === 'number') throw new Error(`accept returned ${server}`);
  client.send(octet);
  pair.exchange();
  if (server.recv(octet) !== 1) throw new Error('the octet did not arrive');
  client.close();
  pair.exchange();
  server.close();
  pair.exchange();
  pair.exchange();
}
