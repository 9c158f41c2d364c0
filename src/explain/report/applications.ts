import { State } from '../../states/index.ts';
import type { Case } from '../causes/cause.ts';
import type { End as EndRecord } from '../track/connection.ts';
import type { End } from '../types.ts';

/**
 * What the end's application got, in Linux's error names, where the wire tells it; null where it does not. The text
 * is the error of the call that was waiting; a later send may see EPIPE instead.
 */
export function applicationSees(k: Case, end: EndRecord, name: End): string | null {
  const { o } = k;
  const peer = end === k.client ? k.server : k.client;
  switch (o.closeKind) {
    case 'refused':
      return name === 'client' ? 'ECONNREFUSED' : null;
    case 'refused-icmp':
      return name === 'client' ? icmpError(k) : null;
    case 'connect-timeout':
      return name === 'client' ? 'ETIMEDOUT' : null;
    case 'abort-connect':
      return null;
    case 'timeout':
      return timeoutError(k, end);
    default:
      return k.reset?.accepted ? resetError(k, end) : peer.fins > 0 ? 'EOF' : null;
  }
}

function resetError(k: Case, end: EndRecord): string | null {
  const r = k.reset!.record;
  const receiver = r.from === 0 ? k.server : k.client;
  if (end !== receiver) return null;
  if (r.receiverState === State.timeWait || r.receiverState === State.closed) return null;
  // A RST in CLOSE-WAIT gives EPIPE (tcp_reset): the reader has had its EOF already. The sender's own FIN went before it.
  const sender = r.from === 0 ? k.client : k.server;
  const hadEof =
    sender.fins > 0 && sender.finAtUs <= r.atUs && k.reset!.foreign === null && receiver.fins === 0;
  return hadEof || r.receiverState === State.closeWait ? 'EPIPE' : 'ECONNRESET';
}

function timeoutError(k: Case, end: EndRecord): string | null {
  if (k.closer === end && end.fins > 0) return null;
  return end.retryRun > 0 || end.keepaliveRun > 0 || end.windowProbes > 0 ? 'ETIMEDOUT' : null;
}

function icmpError(k: Case): string | null {
  const i = k.c.icmp[0];
  if (i === undefined) return null;
  if (i.family === 4)
    return i.code === 2 || i.code === 3
      ? 'ECONNREFUSED'
      : i.code === 0 || i.code === 6 || i.code === 11
        ? 'ENETUNREACH'
        : 'EHOSTUNREACH';
  if (i.code === 4) return 'ECONNREFUSED';
  return i.code === 0 ? 'ENETUNREACH' : i.code === 3 ? 'EHOSTUNREACH' : 'EACCES';
}
