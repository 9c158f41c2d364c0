import { ScriptError } from './script-error.ts';

const DIRECTIVE = /^[ \t]*#[ \t]*(ifdef|ifndef|else|endif)\b[ \t]*(\w*)/m;

interface Open {
  readonly line: number;
  /** Whether what stands around it is read. */
  readonly around: boolean;
  holds: boolean;
  hadElse: boolean;
}

/**
 * `#ifdef NAME`, `#ifndef NAME`, `#else`, `#endif`: lines that are not to be read become empty, so that places stay the same.
 * Throws `ScriptError`.
 */
export function applyConditions(text: string, defines: ReadonlySet<string>): string {
  if (!DIRECTIVE.test(text)) return text;
  const open: Open[] = [];
  const lines = text.split('\n').map((line, i) => {
    const directive = DIRECTIVE.exec(line);
    if (directive === null) return (open.at(-1)?.holds ?? true) ? line : '';
    direct(open, directive[1]!, directive[2]!, i + 1, defines);
    return '';
  });
  const unended = open.at(-1);
  if (unended !== undefined) throw new ScriptError(unended.line, 1, '#ifdef without #endif');
  return lines.join('\n');
}

function direct(
  open: Open[],
  name: string,
  symbol: string,
  line: number,
  defines: ReadonlySet<string>,
): void {
  const last = open.at(-1);
  switch (name) {
    case 'ifdef':
    case 'ifndef': {
      if (symbol === '') throw new ScriptError(line, 1, `#${name} takes a name`);
      const around = last?.holds ?? true;
      open.push({
        line,
        around,
        holds: around && defines.has(symbol) === (name === 'ifdef'),
        hadElse: false,
      });
      return;
    }
    case 'else':
      if (last === undefined || last.hadElse) throw new ScriptError(line, 1, '#else without #ifdef');
      last.holds = last.around && !last.holds;
      last.hadElse = true;
      return;
    case 'endif':
      if (last === undefined) throw new ScriptError(line, 1, '#endif without #ifdef');
      open.pop();
      return;
  }
}
