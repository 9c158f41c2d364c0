import type { Scenario } from '../script.ts';
import { BINDING } from './binding.ts';
import { CLOSING } from './closing.ts';
import { HOSTILE } from './hostile.ts';
import { KEEPING } from './keeping.ts';
import { OPENING } from './opening.ts';
import { RANDOM } from './random.ts';
import { RESETS } from './resets.ts';
import { TIME_WAIT } from './time-wait.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...OPENING,
  ...CLOSING,
  ...RESETS,
  ...TIME_WAIT,
  ...KEEPING,
  ...HOSTILE,
  ...BINDING,
  ...RANDOM,
];
