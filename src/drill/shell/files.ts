import { type Command, DONE, ended } from './machine.ts';

/** More than that no script sends from a file. */
const MOST_BYTES = 1 << 24;

const UNITS: Readonly<Record<string, number>> = { '': 1, c: 1, k: 1024, K: 1024, M: 1024 * 1024 };

function bytesOf(text: string): number | null {
  const match = /^(\d+)([ckKM]?)$/.exec(text);
  return match === null ? null : Number(match[1]) * UNITS[match[2]!]!;
}

/** `dd if=/dev/zero of=PATH bs=N count=N`: a file of zeroes. */
export const dd: Command = (args, _input, machine) => {
  const operands = new Map<string, string>();
  for (const arg of args) {
    const at = arg.indexOf('=');
    operands.set(arg.slice(0, at), arg.slice(at + 1));
  }
  const path = operands.get('of');
  const size =
    (bytesOf(operands.get('bs') ?? '512') ?? Number.NaN) * Number(operands.get('count') ?? Number.NaN);
  if (operands.get('if') !== '/dev/zero' || path === undefined || !(size <= MOST_BYTES)) {
    return { unsupported: `dd ${args.join(' ')}` };
  }
  machine.files.set(path, new Uint8Array(size));
  return DONE;
};

/** `truncate -s N PATH`. */
export const truncate: Command = (args, _input, machine) => {
  const size = args[0] === '-s' ? bytesOf(args[1] ?? '') : null;
  if (args.length !== 3 || size === null || size > MOST_BYTES)
    return { unsupported: `truncate ${args.join(' ')}` };
  const file = new Uint8Array(size);
  file.set((machine.files.get(args[2]!) ?? file).subarray(0, size));
  machine.files.set(args[2]!, file);
  return DONE;
};

/** `rm [-f] PATH...`, of such files. */
export const rm: Command = (args, _input, machine) => {
  const forced = args[0] === '-f';
  const paths = forced ? args.slice(1) : args;
  if (paths.some((path) => path.startsWith('-'))) return { unsupported: `rm ${args.join(' ')}` };
  const missing = paths.filter((path) => !machine.files.delete(path));
  return ended(missing.length > 0 && !forced ? 1 : 0);
};
