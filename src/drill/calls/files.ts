import { type Call, type CallWorld, ENOENT, now } from './context.ts';
import { descriptorOf } from './sockets.ts';
import { sendingAll } from './transfer.ts';
import { unsupported, wrong } from './value.ts';

/** Of a file that a command of the script made; there are no others. */
export const open: Call = (world, args, expected) => {
  args.count(2, 3);
  const path = args.at(0);
  if (path.kind !== 'text') throw wrong('open() takes a path');
  if (args.number(1) !== 0) throw unsupported('open() for writing');
  const content = world.files.get(new TextDecoder().decode(path.bytes));
  if (content === undefined) return now(-ENOENT);
  if (expected < 0) return now(0);
  if (world.descriptors.has(expected) || world.openFiles.has(expected)) {
    throw wrong(`descriptor ${expected} is open already`);
  }
  world.openFiles.set(expected, content);
  return now(expected);
};

/** sendfile(socket, file, [offset], count). */
export const sendfile: Call = (world, args) => {
  args.count(4);
  const content = fileOf(world, args.number(1));
  const from = args.boxed(2) ?? 0;
  const part = content.subarray(from, from + args.number(3));
  return sendingAll(descriptorOf(world, args), part);
};

function fileOf(world: CallWorld, fd: number): Uint8Array {
  const content = world.openFiles.get(fd);
  if (content === undefined) throw wrong(`descriptor ${fd} is no open file`);
  return content;
}
