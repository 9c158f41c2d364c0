import type { Meaning } from './layout.ts';

export interface Palette {
  readonly paper: string;
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly ground: string;
  readonly chosen: string;
  readonly evidence: string;
  readonly meaning: Readonly<Record<Meaning, string>>;
  readonly state: (name: string) => string;
}

const MEANINGS: readonly Meaning[] = ['syn', 'data', 'ack', 'fin', 'rst', 'repeat', 'probe'];

/** The colours of the style sheet, as they are now. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const meaning = Object.fromEntries(MEANINGS.map((name) => [name, value(`seg-${name}`)]));
  const states = new Map<string, string>();
  return {
    paper: value('paper'),
    text: value('text'),
    muted: value('muted'),
    rule: value('rule'),
    ground: value('ground'),
    chosen: value('chosen'),
    evidence: value('evidence'),
    meaning: meaning as Record<Meaning, string>,
    state: (name) => {
      let color = states.get(name);
      if (color === undefined) {
        color = value(`state-${name.split('|')[0]!.toLowerCase()}`) || value('rule');
        states.set(name, color);
      }
      return color;
    },
  };
}
