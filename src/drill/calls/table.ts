import type { Call } from './context.ts';
import { epollCreate, epollCtl, epollWait } from './epoll.ts';
import { open, sendfile } from './files.ts';
import { poll } from './poll.ts';
import { getsockopt, setsockopt } from './socket-options.ts';
import { accept, bind, close, connect, fcntl, ioctl, listen, shutdown, socket } from './sockets.ts';
import { read, readv, recv, recvfrom, recvmsg, send, sendmsg, sendto, write, writev } from './transfer.ts';

export const CALLS: Readonly<Record<string, Call>> = {
  socket,
  bind,
  listen,
  accept,
  accept4: accept,
  connect,
  close,
  shutdown,
  fcntl,
  ioctl,
  read,
  readv,
  recv,
  recvfrom,
  recvmsg,
  write,
  writev,
  send,
  sendto,
  sendmsg,
  getsockopt,
  setsockopt,
  poll,
  open,
  sendfile,
  epoll_create: epollCreate,
  epoll_create1: epollCreate,
  epoll_ctl: epollCtl,
  epoll_wait: epollWait,
};

/** Calls that make a descriptor: any is good where one is expected. */
export const MAKES_DESCRIPTOR: ReadonlySet<string> = new Set([
  'socket',
  'accept',
  'accept4',
  'open',
  'epoll_create',
  'epoll_create1',
]);
