/** `cmd | cmd`, and what stands before it: whether it runs depends on how the pipeline before it ended. */
export interface Pipeline {
  readonly joint: ';' | '&&' | '||';
  readonly commands: readonly (readonly string[])[];
}

/** What the shell has instead of words. */
const OPERATOR = /^(&&|\|\||\||;|\n|&)/;
const REDIRECTION = /^(\d*)(>>|>|<)(&\d)?/;
const ARITHMETIC = /^\$\(\(([\d\s*+()-]+)\)\)/;
const VARIABLE = /^\$(?:\{(\w+)\}|(\w+))/;

/** The little of a shell's grammar that scripts use; null where there is more to it. */
export function parseShell(text: string): readonly Pipeline[] | null {
  const pipelines: Pipeline[] = [];
  let joint: Pipeline['joint'] = ';';
  let commands: string[][] = [];
  let command: string[] = [];
  const endCommand = (): void => {
    if (command.length > 0) commands.push(command);
    command = [];
  };
  const endPipeline = (next: Pipeline['joint']): void => {
    endCommand();
    if (commands.length > 0) pipelines.push({ joint, commands });
    commands = [];
    joint = next;
  };
  const skipped = (at: string): string => at.replace(/^[ \t\r]+/, '');
  for (let rest = skipped(text.replace(/\\\n/g, ' ')); rest !== ''; rest = skipped(rest)) {
    const operator = OPERATOR.exec(rest)?.[1];
    if (rest.startsWith('#')) {
      rest = rest.replace(/^[^\n]*/, '');
    } else if (operator !== undefined) {
      if (operator === '&') return null;
      if (operator === '|') endCommand();
      else endPipeline(operator === '&&' || operator === '||' ? operator : ';');
      rest = rest.slice(operator.length);
    } else {
      const redirection = REDIRECTION.exec(rest);
      if (redirection !== null) rest = rest.slice(redirection[0].length);
      const word = readWord(rest.replace(/^[ \t]+/, ''));
      if (word === null) return null;
      rest = word.rest;
      // What goes to a file is of no interest; what comes from one is not there.
      if (redirection === null) command.push(word.text);
      else if (redirection[2] === '<') return null;
      else if (redirection[3] !== undefined) rest = `${word.text} ${rest}`;
    }
  }
  endPipeline(';');
  return pipelines;
}

/** One word, quotes taken off and variables filled in. */
function readWord(text: string): { text: string; rest: string } | null {
  let word = '';
  let rest = text;
  while (rest !== '' && !/^[ \t\r\n;|&<>]/.test(rest)) {
    if (rest[0] === "'") {
      const end = rest.indexOf("'", 1);
      if (end < 0) return null;
      word += rest.slice(1, end);
      rest = rest.slice(end + 1);
    } else if (rest[0] === '"') {
      const end = rest.indexOf('"', 1);
      if (end < 0) return null;
      const inside = expand(rest.slice(1, end));
      if (inside === null) return null;
      word += inside;
      rest = rest.slice(end + 1);
    } else if (rest[0] === '\\') {
      word += rest[1] ?? '';
      rest = rest.slice(2);
    } else {
      const plain = ARITHMETIC.exec(rest)?.[0] ?? VARIABLE.exec(rest)?.[0] ?? rest[0]!;
      if (plain === '$') return null;
      const value = expand(plain);
      if (value === null) return null;
      word += value;
      rest = rest.slice(plain.length);
    }
  }
  return { text: word, rest };
}

/** `$((15*1024))` and variables; of those only the process ids are known. */
function expand(text: string): string | null {
  let value = '';
  let rest = text;
  while (rest !== '') {
    const arithmetic = ARITHMETIC.exec(rest);
    const variable = VARIABLE.exec(rest);
    if (arithmetic !== null) {
      const result = calculate(arithmetic[1]!);
      if (result === null) return null;
      value += result;
      rest = rest.slice(arithmetic[0].length);
    } else if (variable !== null) {
      if (!/^(PPID|PACKETDRILL_PID)$/.test(variable[1] ?? variable[2]!)) return null;
      value += '1';
      rest = rest.slice(variable[0].length);
    } else if (rest[0] === '$' && rest.length > 1) {
      return null;
    } else {
      value += rest[0]!;
      rest = rest.slice(1);
    }
  }
  return value;
}

/** Products and sums of whole numbers. */
function calculate(text: string): number | null {
  if (!/^\s*\d+(\s*[*+-]\s*\d+)*\s*$/.test(text)) return null;
  let sum = 0;
  for (const [, sign, term] of text.replace(/\s/g, '').matchAll(/([+-]?)(\d+(?:\*\d+)*)/g)) {
    const product = term!.split('*').reduce((a, b) => a * Number(b), 1);
    sum += sign === '-' ? -product : product;
  }
  return sum;
}
