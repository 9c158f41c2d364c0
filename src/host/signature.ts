import type { Socket } from './socket.ts';

/**
 * TCP_MD5SIG on a listener (RFC 2385): segments without a good signature are dropped, and nobody is told (Linux
 * tcp_inbound_md5_hash). There is no key that a peer could share here, so none has one.
 */
export function requireSignature(listener: Socket): void {
  if (listener.listener !== null) listener.listener.admits = () => false;
}
