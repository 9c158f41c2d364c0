import { commandOf } from './commands.ts';
import { DONE, type Ended, type Machine } from './machine.ts';
import { parseShell } from './words.ts';

/** A shell line of a script, understood rather than executed. */
export function runShell(text: string, machine: Machine): Ended {
  const pipelines = parseShell(text);
  if (pipelines === null) return { unsupported: text.trim() };
  let last: Ended = DONE;
  for (const { joint, commands } of pipelines) {
    const succeeded = 'status' in last && last.status === 0;
    if ((joint === '&&' && !succeeded) || (joint === '||' && succeeded)) continue;
    last = runPipeline(commands, machine);
    if ('unsupported' in last) return last;
  }
  return last;
}

function runPipeline(commands: readonly (readonly string[])[], machine: Machine): Ended {
  let last: Ended = DONE;
  for (const [name, ...args] of commands) {
    const command = commandOf(name!);
    if (command === undefined) return { unsupported: [name, ...args].join(' ') };
    last = command(args, 'lines' in last ? last.lines : [], machine);
    if ('unsupported' in last) return last;
  }
  return last;
}
