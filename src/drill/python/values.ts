/** What an expression comes to. True and false are 1 and 0, as in Python. */
export type PyValue = number | string | readonly PyValue[];

export function isTrue(value: PyValue): boolean {
  return typeof value === 'number' ? value !== 0 : value.length > 0;
}

export function shown(value: PyValue): string {
  if (typeof value === 'object') return `(${value.map(shown).join(', ')})`;
  return String(value);
}

export function isEqual(a: PyValue, b: PyValue): boolean {
  if (typeof a === 'object' && typeof b === 'object') {
    return a.length === b.length && a.every((item, i) => isEqual(item, b[i]!));
  }
  return a === b;
}

/** `'%d of %s' % (a, b)` */
export function format(text: string, values: PyValue): string {
  const list = typeof values === 'object' ? [...values] : [values];
  return text.replace(/%([-+ 0#]*\d*(?:\.\d+)?)([diuxXfs%])/g, (_whole, _width, kind: string) => {
    if (kind === '%') return '%';
    const value = list.shift() ?? '';
    if (kind === 'x' && typeof value === 'number') return value.toString(16);
    return shown(value);
  });
}
