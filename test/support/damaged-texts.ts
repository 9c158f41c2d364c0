import type { Random } from '../../src/link/index.ts';

const HUGE: readonly string[] = [
  '99999999999999999999',
  '4294967296',
  '65536',
  '-1',
  '1e300',
  '0x7fffffffffffffff',
  '1000000000000',
  '0',
  '0.0000001',
];

const PIECES: readonly string[] = [
  '(',
  ')',
  '[',
  '{',
  '"',
  '`',
  '%{',
  '}%',
  '/*',
  '<',
  '>',
  '...',
  '*',
  '~',
  '+',
  '!',
  '#ifdef X\n',
  '#else\n',
  '#endif\n',
  '\n',
  '\0',
  'é',
  '--mss=1\n',
  '0 ',
  '+0.1 ',
  ' = -1 EAGAIN',
  'write(4, ..., 1000) = 1000\n',
];

/** A script's text damaged in one to four places; the same for the same stream. */
export function damaged(text: string, random: Random): string {
  let result = text;
  for (let left = 1 + random.below(4); left > 0; left--) result = damageOnce(result, random);
  return result;
}

function damageOnce(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.below(random.chance(0.2) ? 200 : 8));
  const before = text.slice(0, at);
  const part = text.slice(at, end);
  const after = text.slice(end);
  switch (random.below(9)) {
    case 0:
      return before + after;
    case 1:
      return before + part + part + after;
    case 2:
      return before + after.slice(0, 1) + part + after.slice(1);
    case 3:
      return before;
    case 4:
      return before + PIECES[random.below(PIECES.length)]! + text.slice(at);
    case 5:
      return before + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 6:
      return linesMoved(text, random);
    default:
      return otherNumber(text, at, random);
  }
}

function linesMoved(text: string, random: Random): string {
  const lines = text.split('\n');
  const [line] = lines.splice(random.below(lines.length), 1);
  lines.splice(random.below(lines.length + 1), 0, line!);
  return lines.join('\n');
}

/** The next number of the text becomes one that it was not made for. */
function otherNumber(text: string, at: number, random: Random): string {
  const found = /\d+/.exec(text.slice(at));
  if (found === null) return text;
  const start = at + found.index;
  return text.slice(0, start) + HUGE[random.below(HUGE.length)]! + text.slice(start + found[0].length);
}
